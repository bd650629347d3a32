/// An address of a machine, as bytes: 4 of IPv4 or 16 of IPv6.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  public let bytes: [UInt8]

  /// Nil unless there are 4 or 16 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = bytes
  }

  /// Reads dotted decimal without leading zeros, or the text of IPv6 (RFC 4291 §2.2) without zone.
  public init?(_ text: String) {
    guard let bytes = text.contains(":") ? IPAddress.six(text[...]) : IPAddress.four(text[...])
    else { return nil }
    self.bytes = bytes
  }

  /// An IPv4 address that is written as an IPv6 one stands for itself: `::ffff:1.2.3.4` is 1.2.3.4.
  public var unwrapped: IPAddress {
    guard bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xff,
      bytes[11] == 0xff
    else { return self }
    return IPAddress(bytes: Array(bytes[12...])) ?? self
  }

  public var description: String {
    if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
    return stride(from: 0, to: 16, by: 2).map { place in
      String(Int(bytes[place]) << 8 | Int(bytes[place + 1]), radix: 16)
    }.joined(separator: ":")
  }

  private static func four(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.utf8.count),
        part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        part.utf8.count == 1 || part.first != "0", let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func six(_ text: Substring) -> [UInt8]? {
    guard let gap = gap(in: text) else {
      guard let bytes = groups(text), bytes.count == 16 else { return nil }
      return bytes
    }
    guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
      head.count + tail.count <= 14
    else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  /// Where the first `::` is.
  private static func gap(in text: Substring) -> Range<Substring.Index>? {
    var place = text.startIndex
    while place < text.endIndex {
      let next = text.index(after: place)
      if next < text.endIndex, text[place] == ":", text[next] == ":" {
        return place..<text.index(after: next)
      }
      place = next
    }
    return nil
  }

  private static func groups(_ text: Substring) -> [UInt8]? {
    if text.isEmpty { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 8 else { return nil }
    var bytes: [UInt8] = []
    for (place, part) in parts.enumerated() {
      if place == parts.count - 1, part.contains(".") {
        guard let four = four(part) else { return nil }
        bytes += four
      } else {
        guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexadecimal),
          let group = UInt16(part, radix: 16)
        else { return nil }
        bytes += [UInt8(group >> 8), UInt8(group & 0xff)]
      }
    }
    return bytes
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }
}

/// A range of addresses: those that begin with the same bits.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
  public let address: IPAddress
  public let prefixLength: Int

  /// `10.0.0.0/8`, `fc00::/7`, or one address.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
    var length = address.bytes.count * 8
    if parts.count == 2 {
      guard (1...3).contains(parts[1].utf8.count), let given = Int(parts[1]), given >= 0,
        given <= length
      else { return nil }
      length = given
    }
    self.address = address
    prefixLength = length
  }

  public func contains(_ other: IPAddress) -> Bool {
    guard other.bytes.count == address.bytes.count else { return false }
    for (place, pair) in zip(address.bytes, other.bytes).enumerated() {
      let bits = min(max(prefixLength - place * 8, 0), 8)
      let mask = UInt8(truncatingIfNeeded: 0xff00 >> bits)
      if pair.0 & mask != pair.1 & mask { return false }
    }
    return true
  }

  public var description: String { "\(address)/\(prefixLength)" }
}
