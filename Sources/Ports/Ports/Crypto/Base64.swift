/// Base64 (RFC 4648) in its two alphabets, read strictly: one text for each sequence of bytes.
public enum Base64: Hashable, Sendable {
  /// `+` and `/`, filled up with `=` (§4).
  case standard
  /// `+` and `/`, not filled up: what PHC strings use.
  case unpadded
  /// `-` and `_`, not filled up (§5, RFC 7515 §2).
  case url

  public func text(_ bytes: [UInt8]) -> String {
    let alphabet = alphabet
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var start = 0
    while start < bytes.count {
      let piece = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for byte in piece { bits = bits << 8 | UInt32(byte) }
      bits <<= UInt32(8 * (3 - piece.count))
      for place in 0...piece.count {
        text.append(alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)])
      }
      start += 3
    }
    if self == .standard {
      while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil unless `text` is exactly what `text(_:)` prints for some bytes: no blanks, no other
  /// alphabet, no bits behind the end.
  public func bytes(_ text: some StringProtocol) -> [UInt8]? {
    var digits = [UInt8](text.utf8)
    if self == .standard {
      guard digits.count % 4 == 0 else { return nil }
      for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
    }
    guard digits.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count * 3 / 4)
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for digit in digits {
      guard let value = value(digit) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= (1 << count) - 1
      }
    }
    return bits == 0 ? bytes : nil
  }

  private var alphabet: [UInt8] {
    let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return [UInt8]((common + (self == .url ? "-_" : "+/")).utf8)
  }

  private func value(_ digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-") where self == .url, UInt8(ascii: "+") where self != .url: 62
    case UInt8(ascii: "_") where self == .url, UInt8(ascii: "/") where self != .url: 63
    default: nil
    }
  }
}
