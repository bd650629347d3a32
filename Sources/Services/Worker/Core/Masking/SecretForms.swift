internal import Domain

/// The forms in which a secret is found in what a task says: as it is, line by line, in base64 at
/// each of its three alignments with both alphabets, percent-encoded, as a string of JSON, in
/// hexadecimal.
///
/// Best effort: a task can always write a secret in a form that nobody knows.
enum SecretForms {
  /// Shorter forms would be found everywhere.
  static let bytesMin = SecretValue.bytesMin

  static func all(of value: SecretValue) -> [[UInt8]] {
    var forms: [[UInt8]] = []
    let whole = [UInt8](value.text.utf8)
    add(whole, to: &forms)
    // Programs print and compare lines, and drop the break at the end of a file.
    let lines = whole.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d })
    if lines.count > 1 || lines.first?.count != whole.count {
      for line in lines { add([UInt8](line), to: &forms) }
    }
    return forms.filter { $0.count >= bytesMin }
  }

  private static func add(_ text: [UInt8], to forms: inout [[UInt8]]) {
    guard text.count >= bytesMin else { return }
    forms.append(text)
    for alphabet in [standard, urlSafe] {
      for skipped in 0..<3 { forms.append(base64(text, skipping: skipped, alphabet)) }
    }
    for digits in [upper, lower] {
      forms.append(hexadecimal(text, digits))
      // RFC 3986 keeps `~`, forms of HTML keep `*` and write a blank as `+`.
      forms.append(percent(text, digits, keeping: "-._~", blank: "%20"))
      forms.append(percent(text, digits, keeping: "-._*", blank: "+"))
      forms.append(percent(text, digits, keeping: "-._~/:", blank: "%20"))
    }
    forms.append(json(text, escapesSlash: false))
    forms.append(json(text, escapesSlash: true))
  }

  private static let standard = [UInt8](
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let urlSafe = [UInt8](
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let upper = [UInt8]("0123456789ABCDEF".utf8)
  private static let lower = [UInt8]("0123456789abcdef".utf8)

  /// The digits of base64 that depend on these bytes alone, when the first of them stands behind
  /// `skipped` others within its group of three.
  private static func base64(
    _ text: [UInt8], skipping skipped: Int, _ alphabet: [UInt8]
  ) -> [UInt8] {
    let bits = text.count * 8
    // Bits of the first digit that belong to somebody else.
    let start = (6 - skipped * 8 % 6) % 6
    var digits: [UInt8] = []
    var bit = start
    while bit + 6 <= bits {
      let (byte, offset) = (bit / 8, bit % 8)
      let next = byte + 1 < text.count ? UInt16(text[byte + 1]) : 0
      let pair = UInt16(text[byte]) << 8 | next
      digits.append(alphabet[Int(pair >> (10 - UInt16(offset))) & 63])
      bit += 6
    }
    return digits
  }

  private static func hexadecimal(_ text: [UInt8], _ digits: [UInt8]) -> [UInt8] {
    text.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }

  private static func percent(
    _ text: [UInt8], _ digits: [UInt8], keeping kept: String, blank: String
  ) -> [UInt8] {
    let kept = [UInt8](kept.utf8)
    return text.flatMap { byte -> [UInt8] in
      if byte == 0x20 { return [UInt8](blank.utf8) }
      let isLetter = (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      if isLetter || (0x30...0x39).contains(byte) || kept.contains(byte) { return [byte] }
      return [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }

  private static func json(_ text: [UInt8], escapesSlash: Bool) -> [UInt8] {
    text.flatMap { byte -> [UInt8] in
      switch byte {
      case 0x22: [0x5c, 0x22]
      case 0x5c: [0x5c, 0x5c]
      case 0x2f where escapesSlash: [0x5c, 0x2f]
      case 0x08: [0x5c, 0x62]
      case 0x09: [0x5c, 0x74]
      case 0x0a: [0x5c, 0x6e]
      case 0x0c: [0x5c, 0x66]
      case 0x0d: [0x5c, 0x72]
      case 0..<0x20: [UInt8]("\\u00".utf8) + hexadecimal([byte], lower)
      default: [byte]
      }
    }
  }
}
