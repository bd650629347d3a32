internal import Domain

/// The words behind a verb: operands, and options with a value each.
struct Options {
  private(set) var operands: [String] = []
  private var values: SortedMap<String, [String]> = [:]

  /// - Parameters:
  ///   - known: options that take a value.
  ///   - flags: options that take none.
  init(_ words: [String], known: [String], flags: [String] = []) throws(Refusal) {
    var rest = words[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("--") else {
        operands.append(word)
        continue
      }
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
      let name = parts.first ?? ""
      if flags.contains(name), parts.count == 1 {
        values[name] = [""]
      } else if known.contains(name) {
        guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
          throw Refusal("--\(name) needs a value", fix: "sim help")
        }
        values[name, default: []].append(value)
      } else {
        let near = NearestMatch.of(name, among: known + flags)
        throw Refusal(
          "there is no option \(word)",
          fix: near.map { "did you mean --\($0)?" } ?? "sim help lists all options")
      }
    }
  }

  func has(_ flag: String) -> Bool { values[flag] != nil }
  /// The last one counts.
  subscript(name: String) -> String? { values[name]?.last }
  /// Of an option that may be repeated.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  func count(_ name: String, default fallback: Int, _ range: ClosedRange<Int>) throws(Refusal)
    -> Int
  {
    guard let text = self[name] else { return fallback }
    guard let number = Int(text), range.contains(number) else {
      throw Refusal(
        "--\(name) \(text) is not possible",
        fix: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func seed(_ name: String) throws(Refusal) -> UInt64? {
    guard let text = self[name] else { return nil }
    guard let seed = UInt64(text) else {
      throw Refusal("--\(name) \(text) is no seed", fix: "a whole number from 0 to 2^64 - 1")
    }
    return seed
  }
}
