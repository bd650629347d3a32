/// A number of either kind while it is computed with: scaled by 10⁹ in 128 bits, wide enough for
/// every `Int64`, every `Decimal` and one operation on them.
struct Number: Hashable, Comparable, Sendable {
  var scaled: Int128

  static let scale = Int128(Decimal.scale)

  init(scaled: Int128) { self.scaled = scaled }
  init(_ whole: Int64) { scaled = Int128(whole) * Number.scale }
  init(_ decimal: Decimal) { scaled = Int128(decimal.scaled) }

  /// Nil when the value is no number.
  init?(_ value: Value) {
    switch value {
    case .integer(let whole): self.init(whole)
    case .decimal(let decimal): self.init(decimal)
    case .null, .boolean, .string, .array, .object: return nil
    }
  }

  static func < (left: Number, right: Number) -> Bool { left.scaled < right.scaled }

  var isWhole: Bool { scaled % Number.scale == 0 }

  /// In normal form: whole numbers are integers. Nil when it does not fit.
  var value: Value? {
    isWhole ? whole.map(Value.integer) : decimal.map(Value.decimal)
  }

  /// Nil when it has a fraction or does not fit.
  var whole: Int64? { isWhole ? Int64(exactly: scaled / Number.scale) : nil }

  /// Nil when it does not fit.
  var decimal: Decimal? { Int64(exactly: scaled).map(Decimal.init(scaled:)) }

  func adding(_ other: Number) -> Number? {
    let (sum, overflow) = scaled.addingReportingOverflow(other.scaled)
    return overflow ? nil : Number(scaled: sum)
  }

  func subtracting(_ other: Number) -> Number? {
    let (difference, overflow) = scaled.subtractingReportingOverflow(other.scaled)
    return overflow ? nil : Number(scaled: difference)
  }

  /// Rounded half away from zero to nine digits.
  func multiplied(by other: Number) -> Number? {
    // A whole factor is taken unscaled, so that the product of an integer and anything else is
    // exact and the intermediate result stays within 128 bits.
    if isWhole { return Number.product(of: scaled / Number.scale, other.scaled) }
    if other.isWhole { return Number.product(of: other.scaled / Number.scale, scaled) }
    return Number.product(of: scaled, other.scaled)?.rounded(toMultipleOf: Number.scale, over: true)
  }

  /// Rounded half away from zero to nine digits; nil when the divisor is zero.
  func divided(by other: Number) -> Number? {
    guard other.scaled != 0, let dividend = Number.product(of: scaled, Number.scale) else {
      return nil
    }
    return Number.quotient(of: dividend.scaled, by: other.scaled)
  }

  /// The whole part of the quotient, towards zero; nil when the divisor is zero.
  func wholeQuotient(by other: Number) -> Number? {
    guard other.scaled != 0 else { return nil }
    let (whole, overflow) = scaled.dividedReportingOverflow(by: other.scaled)
    return overflow ? nil : Number.product(of: whole, Number.scale)
  }

  /// What is left of a whole division, with the sign of the dividend; nil when the divisor is zero.
  func remainder(by other: Number) -> Number? {
    guard other.scaled != 0 else { return nil }
    let (rest, overflow) = scaled.remainderReportingOverflow(dividingBy: other.scaled)
    return overflow ? nil : Number(scaled: rest)
  }

  /// Half away from zero to `digits` of fraction (0 to 9).
  func rounded(toDigits digits: Int) -> Number? {
    var unit = Number.scale
    for _ in 0..<min(max(digits, 0), Decimal.fractionDigits) { unit /= 10 }
    return rounded(toMultipleOf: unit, over: false)
  }

  /// The next whole number that is not greater.
  var floor: Number? {
    let rest = scaled % Number.scale
    let towardsZero = scaled - rest
    return rest < 0
      ? Number(scaled: towardsZero).subtracting(Number(1)) : Number(scaled: towardsZero)
  }

  /// The next whole number that is not smaller.
  var ceiling: Number? {
    let rest = scaled % Number.scale
    let towardsZero = scaled - rest
    return rest > 0 ? Number(scaled: towardsZero).adding(Number(1)) : Number(scaled: towardsZero)
  }

  private func rounded(toMultipleOf unit: Int128, over isDividing: Bool) -> Number? {
    guard let units = Number.quotient(of: scaled, by: unit) else { return nil }
    return isDividing ? units : Number.product(of: units.scaled, unit)
  }

  private static func product(of left: Int128, _ right: Int128) -> Number? {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? nil : Number(scaled: product)
  }

  /// Half away from zero. The divisor is not zero.
  private static func quotient(of dividend: Int128, by divisor: Int128) -> Number? {
    let (towardsZero, overflow) = dividend.dividedReportingOverflow(by: divisor)
    guard !overflow else { return nil }
    let rest = (dividend - towardsZero * divisor).magnitude
    // Not `rest * 2 >= divisor`: the double may not fit.
    guard rest >= divisor.magnitude - rest else { return Number(scaled: towardsZero) }
    let isNegative = (dividend < 0) != (divisor < 0)
    return Number(scaled: towardsZero).adding(Number(scaled: isNegative ? -1 : 1))
  }
}
