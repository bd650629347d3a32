import Domain
import Testing

@Suite struct DecimalTests {
  @Test(arguments: [
    ("0", "0"), ("-0", "0"), ("1.0", "1"), ("-12.50", "-12.5"), ("0.000000001", "0.000000001"),
    ("1e3", "1000"), ("1.5E-3", "0.0015"), ("100e-2", "1"), ("1000000000e-9", "1"),
    ("0.0000000010", "0.000000001"), ("0e999999999999", "0"), ("1e+2", "100"),
    ("9223372036.854775807", "9223372036.854775807"),
    ("-9223372036.854775808", "-9223372036.854775808"), ("-0.5", "-0.5"),
  ])
  func `a number is read exactly and printed at its shortest`(text: String, printed: String) {
    #expect(Decimal(text: text)?.text == printed)
  }

  @Test(arguments: [
    "", "-", "+1", ".5", "1.", "01", "1e", "1e+", "0x1", "1 ", " 1", "1_000", "NaN", "１",
    "0.0000000001", "1.1234567891", "9223372036.854775808", "1e10", "1e999999999999999999999",
    "12345678901234567890123456789012345678901234567890", "--1", "1.5.2", "1e1.5",
  ])
  func `what is no number or does not fit is nil`(text: String) {
    #expect(Decimal(text: text) == nil)
  }

  @Test func `printing and reading are inverse`() {
    var random = SeededRandom(1)
    let edges: [Int64] = [.min, .min + 1, -1, 0, 1, .max]
    for scaled in edges
      + (0..<2_000).map({ _ in Int64(bitPattern: random.next()) >> random.below(64) })
    {
      let decimal = Decimal(scaled: scaled)
      #expect(Decimal(text: decimal.text) == decimal, "\(scaled)")
    }
  }

  @Test(arguments: [
    Arithmetic(
      "1.5", "2.25", sum: "3.75", difference: "-0.75", product: "3.375", quotient: "0.666666667"),
    Arithmetic("-1", "3", sum: "2", difference: "-4", product: "-3", quotient: "-0.333333333"),
    Arithmetic(
      "0.000000001", "0.5", sum: "0.500000001", difference: "-0.499999999", product: "0.000000001",
      quotient: "0.000000002"),
    Arithmetic(
      "9223372036.854775807", "1", sum: nil, difference: "9223372035.854775807",
      product: "9223372036.854775807", quotient: "9223372036.854775807"),
    Arithmetic(
      "-9223372036.854775808", "-1", sum: nil, difference: "-9223372035.854775808", product: nil,
      quotient: nil),
    Arithmetic("5", "0", sum: "5", difference: "5", product: "0", quotient: nil),
  ])
  func `arithmetic is exact, rounded half away from zero, or nil`(
    expected: Arithmetic
  ) throws {
    let left = try #require(Decimal(text: expected.left))
    let right = try #require(Decimal(text: expected.right))
    #expect(left.adding(right)?.text == expected.sum)
    #expect(left.subtracting(right)?.text == expected.difference)
    #expect(left.multiplied(by: right)?.text == expected.product)
    #expect(left.divided(by: right)?.text == expected.quotient)
  }

  /// Rounding is off by at most half of the last digit: 2 · |a·10⁹ − q·b| ≤ |b|, in whole numbers.
  @Test func `quotients are the nearest decimals`() {
    for seed in 0..<3_000 {
      var random = SeededRandom(UInt64(seed))
      let dividend = Int64(bitPattern: random.next()) >> random.below(60)
      let divisor = Int64(bitPattern: random.next()) >> random.below(60)
      guard divisor != 0,
        let quotient = Decimal(scaled: dividend).divided(by: Decimal(scaled: divisor))
      else { continue }
      let rest = Int128(dividend) * 1_000_000_000 - Int128(quotient.scaled) * Int128(divisor)
      #expect(rest.magnitude * 2 <= divisor.magnitude, "\(dividend) / \(divisor)")
    }
  }

  @Test(arguments: [
    ("12", Value.integer(12)), ("12.0", .integer(12)), ("-0.0", .integer(0)),
    ("1e18", .integer(1_000_000_000_000_000_000)), ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)), ("0.5", .decimal(Decimal(scaled: 500_000_000))),
  ])
  func `whole numbers are integers however they are written`(text: String, value: Value) {
    #expect(Value(numberText: text) == value)
  }

  @Test(arguments: [
    ("0.30000000000000004", "0.3"), ("0.1234567895", "0.12345679"),
    ("-0.0000000005", "-0.000000001"),
    ("0.00000000049999999999999999999999999", "0"), ("1e-400", "0"), ("2.9999999999", "3"),
    ("0.99999999949999999999999999999999999999999999999999999999", "0.999999999"),
  ])
  func `numbers of binary floating point are rounded on request only`(text: String, rounded: String)
  {
    #expect(Value(numberText: text) == nil)
    #expect(Value(numberText: text, isRounding: true)?.json == rounded)
  }

  @Test func `a number beyond the range is nil even when rounding`() {
    for text in ["9223372036854775808", "1e300", "9223372036.8547758075", "-1e19"] {
      #expect(Value(numberText: text, isRounding: true) == nil, "\(text)")
    }
  }
}

/// Two numbers and what the operators make of them; nil where there is no answer.
struct Arithmetic: Sendable {
  var left: String
  var right: String
  var sum: String?
  var difference: String?
  var product: String?
  var quotient: String?

  init(
    _ left: String, _ right: String, sum: String?, difference: String?, product: String?,
    quotient: String?
  ) {
    self.left = left
    self.right = right
    self.sum = sum
    self.difference = difference
    self.product = product
    self.quotient = quotient
  }
}
