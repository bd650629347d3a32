/// Places where a rule is waived, each with its reason: `path | rule | reason`, one a line.
struct ExceptionList: Sendable {
  struct Entry: Hashable, Sendable {
    let path: String
    let rule: String
    let reason: String
    let line: Int
  }

  let entries: [Entry]
  /// Lines that are neither an entry nor a comment.
  let malformedLines: [Int]

  private static let reasonLengthMin = 12

  init(text: String) {
    var entries: [Entry] = []
    var malformed: [Int] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let trimmed = line.drop { $0 == " " }
      guard !trimmed.isEmpty, !trimmed.hasPrefix("#") else { continue }
      let parts = trimmed.split(separator: "|", maxSplits: 2).map(Self.trim)
      guard parts.count == 3, parts[2].count >= Self.reasonLengthMin else {
        malformed.append(index + 1)
        continue
      }
      entries.append(
        Entry(path: parts[0], rule: parts[1], reason: parts[2], line: index + 1))
    }
    self.entries = entries
    self.malformedLines = malformed
  }

  func covers(_ violation: Violation) -> Bool {
    entries.contains { $0.path == violation.path && $0.rule == violation.rule }
  }

  /// Entries that waive nothing, and lines that cannot be read.
  func violations(after found: [Violation], ruleNames: [String]) -> [Violation] {
    let unused = entries.filter { entry in
      !found.contains { $0.path == entry.path && $0.rule == entry.rule }
    }
    return unused.map { entry in
      let isKnown = ruleNames.contains(entry.rule)
      return violation(
        entry.line,
        isKnown
          ? "the exception for \(entry.path) is not needed: \(entry.rule) holds there"
          : "there is no rule \(entry.rule)",
        isKnown ? "delete the line" : "write one of \(ruleNames.joined(separator: ", "))")
    }
      + malformedLines.map { line in
        violation(
          line, "this is no exception",
          "write `path | rule | reason`, the reason being a sentence")
      }
  }

  private func violation(_ line: Int, _ what: String, _ cure: String) -> Violation {
    Violation(path: Tree.exceptionsPath, line: line, rule: "exceptions", what: what, cure: cure)
  }

  private static func trim(_ text: Substring) -> String {
    var text = text.drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
