#include "pipit/net/address.h"

#include <vector>

#include "pipit/base/text.h"

namespace pipit::net {

namespace {

using Ip = std::array<std::uint8_t, 16>;

std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    if (parts[i].empty() || parts[i].size() > 3) return std::nullopt;
    unsigned value = 0;
    for (char c : parts[i]) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > 255) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(value);
  }
  return bytes;
}

std::optional<unsigned> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (char c : ascii_lower(text)) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return value;
}

// The groups of one side of "::", as bytes; the last may be dotted IPv4.
std::optional<std::vector<std::uint8_t>> parse_groups(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  if (text.empty()) return bytes;
  const auto groups = split(text, ':');
  if (groups.size() > 8) return std::nullopt;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (const auto tail = i + 1 == groups.size() ? parse_ipv4(groups[i]) : std::nullopt) {
      bytes.insert(bytes.end(), tail->begin(), tail->end());
      continue;
    }
    const auto group = parse_group(groups[i]);
    if (!group) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(*group >> 8));
    bytes.push_back(static_cast<std::uint8_t>(*group & 0xff));
  }
  return bytes;
}

std::optional<Ip> parse_ipv6(std::string_view text) {
  const auto gap = text.find("::");
  const auto head = parse_groups(text.substr(0, gap));
  const auto tail = gap == std::string_view::npos ? parse_groups("") : parse_groups(text.substr(gap + 2));
  if (!head || !tail) return std::nullopt;
  const std::size_t known = head->size() + tail->size();
  if (gap == std::string_view::npos ? known != 16 : known > 14) return std::nullopt;
  Ip ip{};
  std::copy(head->begin(), head->end(), ip.begin());
  std::copy(tail->begin(), tail->end(), ip.end() - static_cast<std::ptrdiff_t>(tail->size()));
  return ip;
}

// Does `ip` begin with the first `bits` bits of `prefix`?
bool in_block(const Ip& ip, std::string_view prefix, unsigned bits) {
  const auto block = parse_ip(prefix);
  for (unsigned bit = 0; block && bit < bits; ++bit) {
    const unsigned mask = 0x80u >> (bit % 8);
    if ((ip[bit / 8] & mask) != ((*block)[bit / 8] & mask)) return false;
  }
  return block.has_value();
}

struct Block {
  std::string_view prefix;
  unsigned bits;
  AddressScope scope;
};

// IANA's special-purpose registries (RFC 6890 and what came after). IPv4 blocks count from bit 96.
constexpr Block kBlocks[] = {
    {"127.0.0.0", 96 + 8, AddressScope::loopback},         {"::1", 128, AddressScope::loopback},
    {"169.254.0.0", 96 + 16, AddressScope::link_local},    {"fe80::", 10, AddressScope::link_local},
    {"0.0.0.0", 96 + 8, AddressScope::private_network},    {"10.0.0.0", 96 + 8, AddressScope::private_network},
    {"100.64.0.0", 96 + 10, AddressScope::private_network}, {"172.16.0.0", 96 + 12, AddressScope::private_network},
    {"192.0.0.0", 96 + 24, AddressScope::private_network}, {"192.0.2.0", 96 + 24, AddressScope::private_network},
    {"192.168.0.0", 96 + 16, AddressScope::private_network}, {"198.18.0.0", 96 + 15, AddressScope::private_network},
    {"198.51.100.0", 96 + 24, AddressScope::private_network}, {"203.0.113.0", 96 + 24, AddressScope::private_network},
    {"224.0.0.0", 96 + 3, AddressScope::private_network},  {"::", 128, AddressScope::private_network},
    {"fc00::", 7, AddressScope::private_network},          {"fec0::", 10, AddressScope::private_network},
    {"ff00::", 8, AddressScope::private_network},          {"2001:db8::", 32, AddressScope::private_network},
    {"100::", 64, AddressScope::private_network},
};

// Addresses that carry an IPv4 address inside (NAT64, 6to4) are judged by it: they lead there.
Ip unwrapped(const Ip& ip) {
  std::size_t at = 0;
  if (in_block(ip, "64:ff9b::", 96)) at = 12;
  if (in_block(ip, "2002::", 16)) at = 2;
  if (at == 0) return ip;
  Ip inner{};
  inner[10] = inner[11] = 0xff;
  for (std::size_t i = 0; i < 4; ++i) inner[12 + i] = ip[at + i];
  return inner;
}

}  // namespace

std::optional<std::array<std::uint8_t, 16>> parse_ip(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  text = text.substr(0, text.find('%'));
  if (text.find(':') != std::string_view::npos) return parse_ipv6(text);
  const auto ipv4 = parse_ipv4(text);
  if (!ipv4) return std::nullopt;
  Ip ip{};
  ip[10] = ip[11] = 0xff;
  std::copy(ipv4->begin(), ipv4->end(), ip.begin() + 12);
  return ip;
}

AddressScope address_scope(std::string_view text) {
  const auto ip = parse_ip(text);
  if (!ip) return AddressScope::none;
  const Ip inner = unwrapped(*ip);
  for (const Block& block : kBlocks)
    if (in_block(inner, block.prefix, block.bits)) return block.scope;
  return AddressScope::public_network;
}

bool is_loopback_host(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  return address_scope(host) == AddressScope::loopback;
}

}  // namespace pipit::net
