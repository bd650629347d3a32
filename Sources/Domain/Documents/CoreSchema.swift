/// The types of plain scalars by the core schema of YAML 1.2 (§10.3.2).
///
/// What YAML 1.1 read differently is either text here (`no`, `on`, `12:30`, `1_000`) or refused
/// (`0123`, which was octal), so that no file means two things.
public enum CoreSchema {
  /// Why a plain scalar that looks like a number has no value.
  public struct Fault: Error, Hashable, Sendable {
    public var code: String
    public var message: String
    public var hint: String
  }

  /// The value of a scalar without quotes; text when it is nothing else.
  public static func resolve(_ text: String) throws(Fault) -> Value {
    if isNull(text) { return .null }
    switch text {
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    default: break
    }
    var digits = text.utf8[...]
    var isNegative = false
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      digits.removeFirst()
    }
    if isNotFinite(digits) { throw notFinite(text) }
    if digits.count == text.utf8.count, let number = try radixInteger(text) { return number }
    guard let number = ScalarNumber(digits) else { return .string(text) }
    if number.isWhole {
      guard number.digits.count == 1 || number.digits.first != 0 else { throw ambiguous(text) }
      guard let whole = number.integer(isNegative: isNegative) else { throw outOfRange(text) }
      return .integer(whole)
    }
    return try number.value(isNegative: isNegative, of: text)
  }

  /// Nothing, `~`, or `null` in its three spellings.
  public static func isNull(_ text: String) -> Bool {
    switch text {
    case "", "~", "null", "Null", "NULL": true
    default: false
    }
  }

  /// True when a scalar without quotes is text, whatever version of YAML reads it.
  static func isTextEverywhere(_ text: String) -> Bool {
    guard let value = try? resolve(text), case .string = value else { return false }
    switch text.lowercased() {
    case "y", "n", "yes", "no", "on", "off", "<<", "=": return false
    default: break
    }
    // Sexagesimals, underscored numbers and dates of YAML 1.1 are made of these.
    guard let first = text.utf8.first, "0123456789.+-".utf8.contains(first) else { return true }
    return !text.utf8.allSatisfy("0123456789abcdefABCDEFxX_.:+-TZ ".utf8.contains)
  }

  private static func isNotFinite(_ unsigned: Substring.UTF8View) -> Bool {
    switch String(Substring(unsigned)) {
    case ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN": true
    default: false
    }
  }

  /// `0o17` and `0x1f`; nil when it is neither.
  private static func radixInteger(_ text: String) throws(Fault) -> Value? {
    let radix =
      switch text.prefix(2) {
      case "0o": 8
      case "0x": 16
      default: 10
      }
    let digits = text.dropFirst(2)
    guard radix != 10, !digits.isEmpty,
      digits.utf8.allSatisfy({ byte in isDigit(byte, radix: radix) })
    else { return nil }
    guard let number = Int64(digits, radix: radix) else { throw outOfRange(text) }
    return .integer(number)
  }

  private static func isDigit(_ byte: UInt8, radix: Int) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "7"): true
    case UInt8(ascii: "8")...UInt8(ascii: "9"): radix == 16
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
    default: false
    }
  }

  private static func ambiguous(_ text: String) -> Fault {
    Fault(
      code: "ambiguous-number",
      message: "\(text) is octal for some readers of YAML and decimal for others",
      hint: "drop the leading zeros, write 0o… for octal, or put it in quotes if it is text")
  }

  static func outOfRange(_ text: String) -> Fault {
    Fault(
      code: "number-out-of-range", message: "the number \(shortened(text)) is too large",
      hint: "integers fit 64 bits, decimals are below 9.2 billion; put it in quotes if it is text")
  }

  static func tooPrecise(_ text: String) -> Fault {
    Fault(
      code: "number-too-precise",
      message: "the number \(shortened(text)) has more than nine decimal places",
      hint: "round it to nine places, or put it in quotes if it is text")
  }

  private static func notFinite(_ text: String) -> Fault {
    Fault(
      code: "number-not-finite", message: "\(text) is not a number that can be computed with",
      hint: "write a finite number, or put it in quotes if it is text")
  }

  private static func shortened(_ text: String) -> String {
    text.utf8.count <= 40 ? text : text.prefix(37) + "…"
  }
}

/// The parts of a decimal number without its sign: digits, decimal point, exponent.
private struct ScalarNumber {
  /// All digits before the exponent, as numbers.
  var digits: [UInt8] = []
  var fractionDigits = 0
  var exponent = 0
  /// Neither point nor exponent.
  var isWhole = true

  /// Nil unless the text is digits with an optional point and exponent.
  init?(_ text: Substring.UTF8View) {
    var rest = text
    var sawPoint = false
    while let byte = rest.first {
      if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        digits.append(byte - UInt8(ascii: "0"))
        if sawPoint { fractionDigits += 1 }
      } else if byte == UInt8(ascii: "."), !sawPoint {
        sawPoint = true
        isWhole = false
      } else {
        break
      }
      rest.removeFirst()
    }
    guard !digits.isEmpty else { return nil }
    guard let mark = rest.first else { return }
    guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
    isWhole = false
    guard let exponent = ScalarNumber.exponent(rest.dropFirst()) else { return nil }
    self.exponent = exponent
  }

  private static func exponent(_ text: Substring.UTF8View) -> Int? {
    var rest = text
    var isNegative = false
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      rest.removeFirst()
    }
    guard !rest.isEmpty else { return nil }
    var exponent = 0
    for byte in rest {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      // Beyond any digit count that a document can hold, the exact exponent no longer matters.
      exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), 1_000_000_000)
    }
    return isNegative ? -exponent : exponent
  }

  /// Nil when it does not fit.
  func integer(isNegative: Bool) -> Int64? {
    var number: Int64 = 0
    for digit in digits {
      let (product, overflow) = number.multipliedReportingOverflow(by: 10)
      // Counting downwards reaches the smallest integer, which has no positive twin.
      let (sum, passed) = product.subtractingReportingOverflow(Int64(digit))
      if overflow || passed { return nil }
      number = sum
    }
    if isNegative { return number }
    return number == .min ? nil : -number
  }

  /// A number that is whole is an integer, however it is written: `1.0` and `1e3` are.
  func value(isNegative: Bool, of text: String) throws(CoreSchema.Fault) -> Value {
    var significant = ScalarNumber.withoutLeadingZeros(digits)
    var power = exponent - fractionDigits
    while significant.last == 0 {
      significant.removeLast()
      power += 1
    }
    if significant.isEmpty { return .integer(0) }
    if power >= 0 {
      let whole = try scaled(significant, by: power, isNegative: isNegative, of: text)
      return .integer(whole)
    }
    if power < -9 { throw CoreSchema.tooPrecise(text) }
    let scaled = try scaled(significant, by: power + 9, isNegative: isNegative, of: text)
    return .decimal(Decimal(scaled: scaled))
  }

  private func scaled(
    _ significant: [UInt8], by power: Int, isNegative: Bool, of text: String
  ) throws(CoreSchema.Fault) -> Int64 {
    if significant.count + power > 19 { throw CoreSchema.outOfRange(text) }
    var whole = self
    whole.digits = significant + [UInt8](repeating: 0, count: power)
    guard let number = whole.integer(isNegative: isNegative) else {
      throw CoreSchema.outOfRange(text)
    }
    return number
  }

  private static func withoutLeadingZeros(_ digits: [UInt8]) -> [UInt8] {
    Array(digits.drop { $0 == 0 })
  }
}
