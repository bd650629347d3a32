/// The classes of bytes in the grammar of RFC 9110 and RFC 9112.
extension UInt8 {
  static let carriageReturn: UInt8 = 0x0d
  static let lineFeed: UInt8 = 0x0a
  static let space: UInt8 = 0x20
  static let tab: UInt8 = 0x09
  static let colon = UInt8(ascii: ":")

  /// A byte of a method or of a field name.
  var isToken: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
      UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
      UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// A byte of a field value: no control character but the tab.
  var isFieldValue: Bool {
    self >= 0x20 && self != 0x7f || self == .tab
  }

  /// A byte of a request target. Stricter than most: what needs escaping must be escaped.
  var isTarget: Bool {
    switch self {
    case UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"),
      UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "`"):
      false
    default: self > 0x20 && self < 0x7f
    }
  }

  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  var hexDigit: Int? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(self) - 0x30
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(self) - 0x57
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(self) - 0x37
    default: nil
    }
  }

  var lowercased: UInt8 {
    self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
  }
}

extension Span<UInt8> {
  /// Whether these bytes are `text`, which is in lower case, without looking at case.
  func isSame(as text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { wanted in
      for index in indices where self[index].lowercased != wanted[index] { return false }
      return true
    }
  }

  /// These bytes as text; nil unless they are UTF-8.
  var text: String? {
    guard let checked = try? UTF8Span(validating: self) else { return nil }
    return String(copying: checked)
  }

  /// Without blanks at both ends.
  func trimmed() -> Range<Int> {
    var range = 0..<count
    while let first = range.first, self[first] == .space || self[first] == .tab {
      range = first + 1..<range.upperBound
    }
    while let last = range.last, self[last] == .space || self[last] == .tab {
      range = range.lowerBound..<last
    }
    return range
  }
}
