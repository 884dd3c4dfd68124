#include "pipit/net/address.h"

#include <catch2/catch_test_macros.hpp>

namespace pipit::net {

TEST_CASE("an address belongs to the network that the registries say", "[net][N19]") {
  struct Row {
    const char* text;
    AddressScope scope;
  };
  const Row rows[] = {
      {"127.0.0.1", AddressScope::loopback},       {"127.255.1.2", AddressScope::loopback},
      {"::1", AddressScope::loopback},             {"[::1]", AddressScope::loopback},
      {"::ffff:127.0.0.1", AddressScope::loopback}, {"64:ff9b::7f00:1", AddressScope::loopback},
      {"169.254.169.254", AddressScope::link_local}, {"fe80::1%eth0", AddressScope::link_local},
      {"10.1.2.3", AddressScope::private_network}, {"172.16.0.1", AddressScope::private_network},
      {"172.32.0.1", AddressScope::public_network}, {"192.168.1.1", AddressScope::private_network},
      {"100.64.0.1", AddressScope::private_network}, {"0.0.0.0", AddressScope::private_network},
      {"fd00::1", AddressScope::private_network},  {"2002:0a00:0001::1", AddressScope::private_network},
      {"8.8.8.8", AddressScope::public_network},   {"2606:4700::1111", AddressScope::public_network},
      {"index.example", AddressScope::none},       {"127.1", AddressScope::none},
      {"1.2.3.4.5", AddressScope::none},           {"256.1.1.1", AddressScope::none},
      {"1::2::3", AddressScope::none},             {"", AddressScope::none},
      {":", AddressScope::none},                   {"12345::", AddressScope::none},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(address_scope(row.text) == row.scope);
  }
}

TEST_CASE("loopback hosts are localhost, names below it, 127/8 and ::1", "[net][N18]") {
  for (const char* host : {"localhost", "index.localhost", "127.0.0.1", "127.8.8.8", "[::1]"}) CHECK(is_loopback_host(host));
  for (const char* host : {"localhost.example", "notlocalhost", "128.0.0.1", "[::2]", "127.0.0.1.example"}) CHECK(!is_loopback_host(host));
}

}  // namespace pipit::net
