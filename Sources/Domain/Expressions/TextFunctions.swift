/// Functions on strings. They work on UTF-8 bytes: a part of valid text matches at the same places
/// there, and nothing depends on the Unicode tables of a release.
extension Evaluator {
  mutating func textual(
    _ function: ExpressionFunction, _ texts: [String]
  ) throws(EvaluationFailure) -> Value {
    for text in texts { try charge(bytes: text.utf8.count) }
    let subject = texts[0]
    switch function {
    case .startsWith: return .boolean(subject.utf8.starts(with: texts[1].utf8))
    case .endsWith:
      return .boolean(subject.utf8.reversed().starts(with: texts[1].utf8.reversed()))
    case .lower: return .string(subject.lowercased())
    case .upper: return .string(subject.uppercased())
    case .trim: return .string(Evaluator.trimmed(subject))
    case .split: return try split(subject, at: texts[1])
    case .replace: return try replace(texts[1], by: texts[2], in: subject)
    default:
      preconditionFailure("\(function.rawValue) is not one of the functions on strings alone")
    }
  }

  private static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let tail = scalars.drop { $0.properties.isWhitespace }
    guard let last = tail.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
    return String(tail[...last])
  }

  private mutating func split(
    _ text: String, at separator: String
  ) throws(EvaluationFailure) -> Value {
    guard !separator.isEmpty else {
      try charge(items: text.utf8.count)
      return .array(text.unicodeScalars.map { .string(String($0)) })
    }
    let bytes = Array(text.utf8)
    let parts = ByteSearch(separator).parts(of: bytes)
    try charge(items: parts.count)
    return .array(parts.map { .string(String(decoding: $0, as: UTF8.self)) })
  }

  private mutating func replace(
    _ old: String, by new: String, in text: String
  ) throws(EvaluationFailure) -> Value {
    guard !old.isEmpty else { throw .invalid("replace looks for an empty string") }
    let parts = ByteSearch(old).parts(of: Array(text.utf8))
    let (added, overflow) = new.utf8.count.multipliedReportingOverflow(by: parts.count - 1)
    try charge(bytes: overflow ? .max : added)
    return .string(String(decoding: Array(parts.joined(separator: Array(new.utf8))), as: UTF8.self))
  }
}

/// Finds a word in bytes in linear time (Knuth, Morris, Pratt, SIAM J. Comput. 6(2), 1977).
struct ByteSearch {
  private let word: [UInt8]
  /// For each length of a matched beginning, the longest shorter beginning that also ends there.
  private let fallbacks: [Int]

  init(_ text: String) {
    let word = Array(text.utf8)
    var fallbacks = [0]
    var length = 0
    for place in 1..<max(word.count, 1) {
      while length > 0, word[length] != word[place] { length = fallbacks[length - 1] }
      if word[length] == word[place] { length += 1 }
      fallbacks.append(length)
    }
    self.word = word
    self.fallbacks = fallbacks
  }

  /// Where the word first starts at or after `start`.
  func firstMatch(in bytes: [UInt8], from start: Int = 0) -> Int? {
    if word.isEmpty { return start }
    var length = 0
    for place in start..<bytes.count {
      while length > 0, word[length] != bytes[place] { length = fallbacks[length - 1] }
      if word[length] == bytes[place] { length += 1 }
      if length == word.count { return place + 1 - length }
    }
    return nil
  }

  /// What stands before, between and after the occurrences; one part more than there are.
  func parts(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start = 0
    while !word.isEmpty, let match = firstMatch(in: bytes, from: start) {
      parts.append(bytes[start..<match])
      start = match + word.count
    }
    parts.append(bytes[start...])
    return parts
  }
}
