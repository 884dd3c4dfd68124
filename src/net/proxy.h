// Which proxy a URL goes through: --proxy (which overrules everything; "" means none), else http_proxy, https_proxy,
// all_proxy unless no_proxy names the host. Pure; libcurl is never left to read the environment itself.
#pragma once

#include <optional>

#include "pipit/base/url.h"
#include "pipit/net/http.h"

namespace pipit::net {

inline constexpr std::string_view kProxySchemes[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};

// "host:3128" is read as http://host:3128. Fails with proxy-connection-failed for anything that is no proxy's URL.
Result<Url> parse_proxy(std::string_view text);
Result<std::optional<Url>> choose_proxy(const HttpOptions& options, const Url& url);
// no_proxy as Python and curl users write it: "*", host or domain suffix (with or without the dot), host:port, an IP
// address, or a CIDR block of either family.
bool is_excluded_from_proxy(std::string_view no_proxy, const Url& url);

}  // namespace pipit::net
