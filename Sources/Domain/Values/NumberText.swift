extension Number {
  /// Reads a JSON number: `-`, digits without leading zeros, fraction, exponent.
  ///
  /// Nil when it is none, needs more than nine digits of fraction (unless `isRounding`, then half
  /// away from zero) or is far beyond every `Int64`. Linear in the length of `text`.
  init?(text: some StringProtocol, isRounding: Bool) {
    guard let parts = NumberText(text) else { return nil }
    guard let magnitude = parts.scaledMagnitude(isRounding: isRounding) else { return nil }
    self.init(scaled: parts.isNegative ? -magnitude : magnitude)
  }
}

/// A JSON number taken apart: its digits as one whole number, times a power of ten.
private struct NumberText {
  var isNegative = false
  /// Without zeros at either end.
  var digits: [UInt8] = []
  var exponent = 0

  /// No number of use has an exponent beyond; larger ones are cut to it.
  private static let exponentMax = 1_000_000
  /// More digits than this before rounding are beyond every number that fits.
  private static let digitsMax = 30

  init?(_ text: some StringProtocol) {
    var scanner = DigitScanner(bytes: Array(text.utf8))
    isNegative = scanner.skip("-")
    let whole = scanner.digits()
    guard !whole.isEmpty, whole.count == 1 || whole.first != 0 else { return nil }
    digits = Array(whole)
    if scanner.skip(".") {
      let fraction = scanner.digits()
      guard !fraction.isEmpty else { return nil }
      digits += fraction
      exponent -= fraction.count
    }
    if scanner.skip("e") || scanner.skip("E") {
      let isShrinking = scanner.skip("-")
      if !isShrinking { _ = scanner.skip("+") }
      let power = scanner.digits()
      guard !power.isEmpty else { return nil }
      let size = power.reduce(0) { min($0 * 10 + Int($1), NumberText.exponentMax) }
      exponent += isShrinking ? -size : size
    }
    guard scanner.isAtEnd else { return nil }
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    digits = Array(digits.drop { $0 == 0 })
  }

  /// The size of the number times 10⁹.
  func scaledMagnitude(isRounding: Bool) -> Int128? {
    guard !digits.isEmpty else { return 0 }
    let shift = exponent + Decimal.fractionDigits
    let keptCount = digits.count + shift
    guard keptCount <= NumberText.digitsMax else { return nil }
    guard shift < 0 else {
      let zeros = [UInt8](repeating: 0, count: shift)
      return NumberText.number(from: digits[...] + zeros)
    }
    // The last digit is not zero, so cutting any digit loses something.
    guard isRounding else { return nil }
    guard keptCount >= 0 else { return 0 }
    let roundsUp = digits[keptCount] >= 5
    return NumberText.number(from: digits[..<keptCount]) + (roundsUp ? 1 : 0)
  }

  /// At most `digitsMax` digits, so that the sum fits.
  private static func number(from digits: ArraySlice<UInt8>) -> Int128 {
    digits.reduce(0) { $0 * 10 + Int128($1) }
  }
}

/// Walks over the bytes of a number.
private struct DigitScanner {
  var bytes: [UInt8]
  var place = 0

  var isAtEnd: Bool { place == bytes.count }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  /// The values of the digits that stand here.
  mutating func digits() -> [UInt8] {
    let start = place
    while place < bytes.count, bytes[place] >= 0x30, bytes[place] <= 0x39 { place += 1 }
    return bytes[start..<place].map { $0 - 0x30 }
  }
}
