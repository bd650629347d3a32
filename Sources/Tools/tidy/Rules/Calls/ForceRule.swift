/// Nothing crashes on what it is given.
struct ForceRule: FileRule {
  let name = "force"
  let promise = "no try!, as!, forced unwrapping or fatalError"

  private static let closers: Set<String> = [")", "]", "}", "?"]
  /// After these a `!` negates what follows, even without a space.
  private static let wordsBeforeNegation: Set<String> = [
    "return", "in", "if", "guard", "while", "where", "case", "is", "else", "await",
  ]

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    let source = file.source
    return source.tokens.indices.compactMap { index in
      let token = source.tokens[index]
      if token.text == "fatalError", source.text(index + 1) == "(" {
        return violation(
          file.path, token.line, "fatalError says nothing about the broken invariant",
          cure: "return or throw; for a bug, write `precondition` with a sentence naming it")
      }
      guard token.kind == .symbol, isForce(index, source) else { return nil }
      return violation(file.path, token.line, what(source.text(index - 1)), cure: cure(file.place))
    }
  }

  private func isForce(_ index: Int, _ source: SwiftSource) -> Bool {
    let token = source.tokens[index]
    if token.text.hasPrefix(">"), token.text.hasSuffix("!") { return true }
    guard token.text.hasPrefix("!"), !token.text.hasPrefix("!="), !token.hasSpaceBefore, index > 0
    else { return false }
    let before = source.tokens[index - 1]
    switch before.kind {
    case .word: return !Self.wordsBeforeNegation.contains(before.text)
    case .string, .number: return true
    case .punctuation, .symbol: return Self.closers.contains(before.text)
    case .regex: return false
    }
  }

  private func what(_ before: String) -> String {
    switch before {
    case "try", "as": "`\(before)!` crashes when it is wrong"
    default: "`!` crashes when there is no value"
    }
  }

  private func cure(_ place: Place) -> String {
    place.isTest
      ? "write `try #require(…)`, or `try` in a throwing test"
      : "use guard, `??` or a typed throw; for a bug, `precondition` with a sentence naming it"
  }
}
