/// A decimal number scaled by 10⁹: exact addition and comparison, no rounding surprises.
///
/// It holds ±9,223,372,036.854775807. What does not fit is reported as nil, never a trap.
public struct Decimal: Hashable, Comparable, Sendable {
  /// The number times 1,000,000,000.
  public var scaled: Int64

  public static let scale: Int64 = 1_000_000_000
  /// How many digits stand after the point at most.
  public static let fractionDigits = 9

  public init(scaled: Int64) {
    self.scaled = scaled
  }

  /// Reads a number as JSON writes it (`-12.5`, `1e-3`).
  ///
  /// Nil when it is none, has more than nine digits of fraction or does not fit.
  public init?(text: some StringProtocol) {
    guard let number = Number(text: text, isRounding: false), let decimal = number.decimal else {
      return nil
    }
    self = decimal
  }

  /// The shortest text that reads back as this number: no trailing zeros, no exponent.
  public var text: String {
    let magnitude = scaled.magnitude
    let unit = UInt64(Decimal.scale)
    let sign = scaled < 0 ? "-" : ""
    let (whole, fraction) = magnitude.quotientAndRemainder(dividingBy: unit)
    guard fraction > 0 else { return sign + String(whole) }
    let digits = String(fraction + unit).dropFirst()
    let kept = digits.utf8.lastIndex { $0 != UInt8(ascii: "0") }
    return "\(sign)\(whole).\(kept.map { digits[...$0] } ?? digits)"
  }

  public static func < (left: Decimal, right: Decimal) -> Bool { left.scaled < right.scaled }

  /// The exact sum, or nil when it does not fit.
  public func adding(_ other: Decimal) -> Decimal? {
    Number(self).adding(Number(other))?.decimal
  }

  /// The exact difference, or nil when it does not fit.
  public func subtracting(_ other: Decimal) -> Decimal? {
    Number(self).subtracting(Number(other))?.decimal
  }

  /// The product, rounded half away from zero to nine digits, or nil when it does not fit.
  public func multiplied(by other: Decimal) -> Decimal? {
    Number(self).multiplied(by: Number(other))?.decimal
  }

  /// The quotient, rounded half away from zero to nine digits, or nil when it does not fit or the
  /// divisor is zero.
  public func divided(by other: Decimal) -> Decimal? {
    Number(self).divided(by: Number(other))?.decimal
  }
}
