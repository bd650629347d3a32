/// In a core a new case must break the build wherever it is not handled.
struct DefaultCaseRule: FileRule {
  let name = "default-case"
  let promise = "a switch over an enum in a core has neither default: nor a case of wildcards only"

  private static let conditionWords: Set<String> = ["if", "guard", "while", "for", ",", "="]

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    guard file.place.kind == .core else { return [] }
    let source = file.source
    return source.tokens.indices.filter { isSwitch($0, source) }.flatMap { index in
      violations(ofSwitch: index, in: file)
    }
  }

  private func isSwitch(_ index: Int, _ source: SwiftSource) -> Bool {
    source.tokens[index].kind == .word && source.text(index) == "switch"
      && source.text(index - 1) != "."
  }

  private func violations(ofSwitch index: Int, in file: Tree.SwiftFile) -> [Violation] {
    let source = file.source
    guard let open = bodyStart(index + 1, source) else { return [] }
    var patterns: [Range<Int>] = []
    var catchAlls: [Int] = []
    var place = open + 1
    while place < source.partners[open] {
      switch source.text(place) {
      case "{", "(", "[": place = max(source.partners[place], place)
      case "default" where source.text(place + 1) == ":": catchAlls.append(place)
      case "case" where !Self.conditionWords.contains(source.text(place - 1)):
        let pattern = self.pattern(place + 1, source)
        patterns.append(pattern)
        if isWildcard(pattern, source) { catchAlls.append(place) }
      default: break
      }
      place += 1
    }
    guard patterns.contains(where: { namesCase($0, source) }) else { return [] }
    return catchAlls.map { place in
      violation(
        file.path, source.tokens[place].line, "this case swallows every case to come",
        cure: "write out the cases that are left, so that a new one breaks the build")
    }
  }

  private func bodyStart(_ start: Int, _ source: SwiftSource) -> Int? {
    var place = start
    while place < source.tokens.count {
      switch source.text(place) {
      case "{": return source.partners[place] > place ? place : nil
      case "(", "[": place = max(source.partners[place], place)
      default: break
      }
      place += 1
    }
    return nil
  }

  /// The tokens from `case` to its colon.
  private func pattern(_ start: Int, _ source: SwiftSource) -> Range<Int> {
    var place = start
    while place < source.tokens.count, source.text(place) != ":" {
      if ["(", "[", "{"].contains(source.text(place)) {
        place = max(source.partners[place], place)
      }
      place += 1
    }
    return start..<max(start, place)
  }

  /// `.started`, `(.waiting, _)`, `Phase.ended`: a dot before a name, outside a `where` clause.
  private func namesCase(_ pattern: Range<Int>, _ source: SwiftSource) -> Bool {
    let end = pattern.first { source.text($0) == "where" } ?? pattern.upperBound
    return (pattern.lowerBound..<end).contains { place in
      source.text(place) == "." && source.text(place + 1).first?.isLetter == true
        && source.tokens[place].kind == .punctuation
    }
  }

  private func isWildcard(_ pattern: Range<Int>, _ source: SwiftSource) -> Bool {
    !pattern.isEmpty
      && pattern.allSatisfy { ["_", "(", ")", ","].contains(source.text($0)) }
  }
}
