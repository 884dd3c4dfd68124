#include "net/proxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "net/environment.h"
#include "pipit/base/text.h"
#include "pipit/net/address.h"

namespace pipit::net {

namespace {

bool in_cidr(std::string_view entry, std::string_view host) {
  const auto slash = entry.find('/');
  const auto ip = parse_ip(host);
  const auto block = parse_ip(entry.substr(0, slash));
  if (!ip || !block || slash == std::string_view::npos) return false;
  const std::string_view digits = entry.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const bool ipv4 = entry.find(':') == std::string_view::npos;
  if (error != std::errc() || end != digits.data() + digits.size() || bits > (ipv4 ? 32u : 128u)) return false;
  if (ipv4) bits += 96;
  for (unsigned bit = 0; bit < bits; ++bit) {
    const unsigned mask = 0x80u >> (bit % 8);
    if (((*ip)[bit / 8] & mask) != ((*block)[bit / 8] & mask)) return false;
  }
  return true;
}

bool matches(std::string_view entry, const Url& url) {
  if (entry == "*") return true;
  if (entry.find('/') != std::string_view::npos) return in_cidr(entry, url.host);
  if (const auto wanted = parse_ip(entry)) return wanted == parse_ip(url.host);
  std::string name = ascii_lower(entry);
  if (const auto colon = name.rfind(':'); colon != std::string::npos && name.back() != ']') {
    if (name.substr(colon + 1) != std::to_string(url.port_or_default())) return false;
    name.resize(colon);
  }
  name.erase(0, name.find_first_not_of('.'));
  if (name.empty()) return false;
  return url.host == name || url.host.ends_with("." + name) || (parse_ip(name) && parse_ip(name) == parse_ip(url.host));
}

// Lower case wins, as everywhere; http_proxy is read in lower case alone where a CGI server could have set HTTP_PROXY.
std::optional<std::string> variable(const HttpOptions& options, const std::string& name) {
  if (auto value = environment_value(options.environment, name)) return value;
  if (name == "http_proxy" && environment_value(options.environment, "REQUEST_METHOD")) return std::nullopt;
  return environment_value(options.environment, ascii_upper(name));
}

}  // namespace

Result<Url> parse_proxy(std::string_view text) {
  const std::string full = text.find("://") == std::string_view::npos ? "http://" + std::string(text) : std::string(text);
  auto url = Url::parse(full);
  const bool known = url && std::find(std::begin(kProxySchemes), std::end(kProxySchemes), url->scheme) != std::end(kProxySchemes);
  if (known && !url->host.empty()) return url;
  return fail(make_error(kProxyFailed, fmt::format("`{}` is not the URL of a proxy", escape_for_terminal(mask_credentials(full))))
                  .hint("a proxy is written as http://host:port, https://host:port or socks5h://host:port"));
}

bool is_excluded_from_proxy(std::string_view no_proxy, const Url& url) {
  for (std::string_view entry : split(no_proxy, ','))
    for (std::string_view word : split_words(entry))
      if (matches(word, url)) return true;
  return false;
}

Result<std::optional<Url>> choose_proxy(const HttpOptions& options, const Url& url) {
  std::optional<std::string> chosen = options.proxy;
  if (!chosen) {
    if (!options.proxy_from_environment) return std::optional<Url>();
    chosen = variable(options, url.scheme + "_proxy");
    if (!chosen) chosen = variable(options, "all_proxy");
    if (is_excluded_from_proxy(variable(options, "no_proxy").value_or(""), url)) return std::optional<Url>();
  }
  if (!chosen || chosen->empty()) return std::optional<Url>();
  PIPIT_TRY(Url proxy, parse_proxy(*chosen));
  return std::optional<Url>(std::move(proxy));
}

}  // namespace pipit::net
