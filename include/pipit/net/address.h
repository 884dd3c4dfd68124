// IP addresses as text: which kind of network they belong to. Used to refuse an answer of a public index that points into
// private networks (a server must not steer us to the machine's own neighbours). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pipit::net {

enum class AddressScope { none, loopback, link_local, private_network, public_network };

// 16 bytes; IPv4 as ::ffff:a.b.c.d. Brackets are accepted around IPv6; a zone ("%eth0") is ignored. Returns nullopt if
// the text is no address (only the dotted form of IPv4 with four decimal parts counts).
std::optional<std::array<std::uint8_t, 16>> parse_ip(std::string_view text);

// none: not an address. Unspecified, multicast, documentation and reserved blocks count as private: nothing public lives there.
AddressScope address_scope(std::string_view text);

// localhost (and names below it), 127.0.0.0/8, ::1.
bool is_loopback_host(std::string_view host);

}  // namespace pipit::net
