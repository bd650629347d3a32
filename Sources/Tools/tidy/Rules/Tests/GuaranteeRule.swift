/// What is promised in public is held by a test that exists.
struct GuaranteeRule: Rule {
  let name = "guarantee"
  let promise =
    "each row of the pages of promises, features and security names tests that exist, or says "
    + "*no test yet*"

  static let pages = ["docs/guarantees.md", "docs/features.md", "docs/security-tests.md"]
  private static let admission = "no test yet"

  func violations(in tree: Tree) -> [Violation] {
    let pages = tree.texts.filter { Self.pages.contains($0.path) }
    guard !pages.isEmpty else { return [] }
    let tests = Set(
      tree.swift.filter(\.place.isTestTarget).flatMap { $0.source.functions.map(\.name) })
    return pages.flatMap { page in
      page.lines.enumerated().flatMap { index, line in
        named(in: line).filter { $0 != Self.admission && !tests.contains("`\($0)`") }.map { title in
          violation(
            page.path, index + 1, "there is no test named \"\(title)\"",
            cure: "name a test that exists, or write *\(Self.admission)*")
        }
      }
    }
  }

  /// What stands between single stars in the last cell of a row.
  private func named(in line: Substring) -> [String] {
    guard line.hasPrefix("|"), let cell = line.split(separator: "|").last else { return [] }
    let parts = cell.split(separator: "*", omittingEmptySubsequences: false)
    return stride(from: 1, to: parts.count - 1, by: 2).map { String(parts[$0]) }
  }
}
