#include "egress/address.h"

#include "gtest/gtest.h"

namespace checkrein::egress {
namespace {

AddressClass Of(const char* text) {
  const auto address = ParseAddress(text);
  EXPECT_TRUE(address) << text;
  return address ? ClassOf(*address) : AddressClass::kOther;
}

TEST(Address, Classes) {
  EXPECT_EQ(Of("93.184.216.34"), AddressClass::kPublic);
  EXPECT_EQ(Of("2606:2800:220:1::1"), AddressClass::kPublic);
  EXPECT_EQ(Of("127.9.9.9"), AddressClass::kLoopback);
  EXPECT_EQ(Of("::1"), AddressClass::kLoopback);
  EXPECT_EQ(Of("::ffff:127.0.0.1"), AddressClass::kLoopback);
  for (const char* p : {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd12::1"}) EXPECT_EQ(Of(p), AddressClass::kPrivate) << p;
  for (const char* p : {"169.254.169.254", "fe80::1", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"}) EXPECT_EQ(Of(p), AddressClass::kLinkLocal) << p;
  for (const char* p : {"0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "198.18.0.1", "64:ff9b::1"}) EXPECT_EQ(Of(p), AddressClass::kOther) << p;
  EXPECT_EQ(Of("172.32.0.1"), AddressClass::kPublic);
}

TEST(Address, NamesAreNoAddresses) {
  for (const char* name : {"", "localhost", "1.2.3", "0x7f.1", "2130706433", "1.2.3.4.5", "a::b::c"}) EXPECT_FALSE(ParseAddress(name)) << name;
}

}  // namespace
}  // namespace checkrein::egress
