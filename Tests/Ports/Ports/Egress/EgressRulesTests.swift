import Ports
import Testing

struct EgressRulesTests {
  private func allows(_ rules: EgressRules, _ text: String, port: Int = 443) throws -> Bool {
    rules.allows(try #require(IPAddress(text), "\(text) is no address"), port: port)
  }

  @Test func `every special range was understood`() {
    #expect(EgressRules.special.count == 29)
    #expect(EgressRules.development.allowed.count == 2)
  }

  /// The first and the last address of each range, and their neighbours outside.
  @Test func `special addresses are refused, their neighbours are not`() throws {
    let inside = [
      "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
      "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.0", "172.31.255.255",
      "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0",
      "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
      "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
      "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
      "64:ff9b:1::1", "100::1", "2001::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::",
      "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fdff:ffff::1", "fe80::1", "febf::1",
      "fec0::1", "ff02::1",
    ]
    for text in inside { #expect(try !allows(.public, text), "\(text)") }
    let outside = [
      "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
      "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
      "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
      "223.255.255.255", "8.8.8.8", "::ffff:8.8.8.8", "2001:200::1", "2001:db7::1", "2003::1",
      "2606:4700::1111", "fbff::1", "64:ff9a::1",
    ]
    for text in outside { #expect(try allows(.public, text), "\(text)") }
  }

  @Test func `an allowed range opens exactly itself, also in mapped form`() throws {
    let rules = EgressRules(allowed: [try #require(AddressRange("10.1.0.0/16"))])
    #expect(try allows(rules, "10.1.2.3"))
    #expect(try allows(rules, "::ffff:10.1.2.3"))
    #expect(try !allows(rules, "10.2.0.1"))
    #expect(try !allows(rules, "127.0.0.1"))
    #expect(try allows(.development, "127.0.0.1", port: 9_999))
    #expect(try allows(.development, "::1", port: 9_999))
    #expect(try !allows(.development, "10.0.0.1"))
  }

  @Test func `only the ports of the web are open`() throws {
    for (port, isOpen) in [(80, true), (443, true), (22, false), (25, false), (8_080, false)] {
      #expect(try allows(.public, "8.8.8.8", port: port) == isOpen)
    }
  }

  @Test(
    arguments: [
      "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.-4", "0x7f.1.1.1", "1.2.3.4 ",
      ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "::1%eth0",
      "1:2:3:4:5:6:7::8", "::1.2.3", "fe80",
    ])
  func `what is no address is refused`(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(arguments: ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "x/8", "::/129"])
  func `what is no range is refused`(text: String) {
    #expect(AddressRange(text) == nil)
  }
}
