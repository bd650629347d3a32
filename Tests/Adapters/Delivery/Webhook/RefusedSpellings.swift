/// Hosts that lead, or might lead, to where nothing may be sent.
enum RefusedSpellings {
  static var hosts: [String] {
    numeric + six + names
  }

  /// Each IPv4 address in every form that a resolver may understand.
  private static var numeric: [String] {
    let addresses: [[Int]] = [
      [127, 0, 0, 1], [127, 0, 0, 2], [127, 255, 255, 254], [0, 0, 0, 0], [10, 0, 0, 1],
      [172, 16, 0, 1], [192, 168, 0, 1], [169, 254, 169, 254], [100, 64, 0, 1], [192, 0, 0, 8],
      [224, 0, 0, 1], [255, 255, 255, 255], [198, 18, 0, 1],
    ]
    return addresses.flatMap { parts -> [String] in
      let whole = parts.reduce(0) { $0 << 8 | $1 }
      let hex = parts.map { "0x" + String($0, radix: 16) }
      let octal = parts.map { "0" + String($0, radix: 8) }
      return [
        parts.map(String.init).joined(separator: "."), "\(whole)",
        "0x" + String(whole, radix: 16), "0X" + String(whole, radix: 16, uppercase: true),
        "0" + String(whole, radix: 8), hex.joined(separator: "."), octal.joined(separator: "."),
        "\(parts[0]).\(whole & 0xffffff)", "\(parts[0]).\(parts[1]).\(whole & 0xffff)",
        "\(hex[0]).\(octal[1]).\(parts[2]).\(parts[3])",
        parts.map(String.init).joined(separator: ".") + ".",
        parts.map { "00" + String($0, radix: 8) }.joined(separator: "."),
      ]
    }
  }

  private static let six = [
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::FFFF:127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:7f00:1::1]", "[2001::1]", "[2001:db8::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]",
    "[fe80::1%25lo]", "[fec0::1]", "[ff02::1]", "[100::1]", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
  ]

  private static let names = [
    "localhost", "LOCALHOST", "LocalHost", "localhost.", "user@127.0.0.1", "a:b@127.0.0.1",
    "127.0.0.1@localhost", "example.org@127.0.0.1", "127.0.0.1#", "127.0.0.1\\@example.org",
    "127。0。0。1", "１２７.0.0.1", "ⓛocalhost", "127.0.0.1\t", "127.0.0.1\n", "127.0.0.1%00",
    "%6c%6f%63%61%6c%68%6f%73%74", "127.0.0.1 ", "[127.0.0.1]", "", "127.0.0.1%2f",
  ]
}
