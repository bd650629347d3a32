/// Base64 with padding (RFC 4648 §4), strict: no blanks, no missing padding, no stray bits.
public enum StrictBase64 {
  private static let alphabet = [UInt8](
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  public static func encoded(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var rest = bytes[...]
    while !rest.isEmpty {
      let group = rest.prefix(3)
      rest = rest.dropFirst(3)
      var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      bits <<= 8 * UInt32(3 - group.count)
      for place in 0..<4 {
        let sextet = Int(bits >> UInt32(18 - 6 * place)) & 63
        text.append(place <= group.count ? alphabet[sextet] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil unless `text` is exactly what `encoded` would print.
  public static func decoded(_ text: some StringProtocol) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count.isMultiple(of: 4) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count / 4 * 3)
    var rest = characters[...]
    while !rest.isEmpty {
      let group = rest.prefix(4)
      rest = rest.dropFirst(4)
      let sextets = group.prefix { $0 != UInt8(ascii: "=") }
      guard sextets.count >= 2, sextets.count == 4 || rest.isEmpty,
        group.dropFirst(sextets.count).allSatisfy({ $0 == UInt8(ascii: "=") })
      else { return nil }
      var bits: UInt32 = 0
      for sextet in sextets {
        guard let value = value(of: sextet) else { return nil }
        bits = bits << 6 | value
      }
      bits <<= 6 * UInt32(4 - sextets.count)
      let whole = [bits >> 16, bits >> 8, bits].map { UInt8(truncatingIfNeeded: $0) }
      let count = sextets.count - 1
      guard whole.dropFirst(count).allSatisfy({ $0 == 0 }) else { return nil }
      bytes += whole.prefix(count)
    }
    return bytes
  }

  private static func value(of byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
