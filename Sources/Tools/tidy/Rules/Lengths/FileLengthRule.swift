/// Files stay short enough to be read at once.
struct FileLengthRule: Rule {
  let name = "file-length"
  let promise = "a Swift or C file has at most 400 lines, 600 in tests and cores"

  var linesMax = 400
  var linesInTestsAndCoresMax = 600

  func violations(in tree: Tree) -> [Violation] {
    let swift = tree.swift.filter { !$0.place.isGenerated }.compactMap { file in
      let isLarge = file.place.isTest || file.place.kind == .core
      return check(
        file.path, file.source.lineLengths.count, isLarge ? linesInTestsAndCoresMax : linesMax)
    }
    let c = tree.texts.filter { $0.path.hasSuffix(".c") || $0.path.hasSuffix(".h") }
    return swift + c.compactMap { check($0.path, $0.lines.count, linesMax) }
  }

  private func check(_ path: String, _ count: Int, _ limit: Int) -> Violation? {
    guard count > limit else { return nil }
    return violation(
      path, limit + 1, "\(count) lines, \(limit) are allowed",
      cure: "look for the concept that is missing and give it a file of its own")
  }
}
