/// The field `grpc-timeout`: at most eight digits and a unit.
enum RPCTimeout {
  private static let digitsMax = 8

  /// Nil when the text is none.
  static func parse(_ text: String) -> Duration? {
    let digits = text.utf8.dropLast()
    guard (1...digitsMax).contains(digits.count), digits.allSatisfy(\.isDigit),
      let number = Int64(Substring(digits)), let unit = text.utf8.last
    else { return nil }
    switch unit {
    case UInt8(ascii: "H"): return .seconds(number * 3_600)
    case UInt8(ascii: "M"): return .seconds(number * 60)
    case UInt8(ascii: "S"): return .seconds(number)
    case UInt8(ascii: "m"): return .milliseconds(number)
    case UInt8(ascii: "u"): return .microseconds(number)
    case UInt8(ascii: "n"): return .nanoseconds(number)
    default: return nil
    }
  }

  /// The smallest unit that the length fits into, never more than it.
  static func text(_ length: Duration) -> String {
    let (seconds, attoseconds) = length.components
    guard seconds >= 0, attoseconds >= 0 else { return "0n" }
    if seconds < 90 { return "\(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)u" }
    if seconds < 90_000 { return "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)m" }
    if seconds < 90_000_000 { return "\(seconds)S" }
    return "\(min(seconds / 3_600, 99_999_999))H"
  }
}
