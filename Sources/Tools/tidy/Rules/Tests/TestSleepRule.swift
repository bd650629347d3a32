/// Tests wait for a condition, not for the clock.
struct TestSleepRule: FileRule {
  let name = "test-sleep"
  let promise = "a test does not sleep"

  private static let words: Set<String> = ["sleep", "usleep", "nanosleep"]
  private static let owners: Set<String> = ["Task", "Thread"]

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    guard file.place.isTest else { return [] }
    let source = file.source
    return source.tokens.indices.compactMap { index in
      guard source.tokens[index].kind == .word, Self.words.contains(source.text(index)),
        source.text(index + 1) == "(", isRealSleep(index, source)
      else { return nil }
      return violation(
        file.path, source.tokens[index].line, "the test sleeps",
        cure: "wait for a condition with a deadline, or run under the virtual clock")
    }
  }

  /// `time.sleep` on a port is what a test of clocks is about; `func sleep` is an implementation,
  /// and a bare `sleep` is that of C only where the file can see it.
  private func isRealSleep(_ index: Int, _ source: SwiftSource) -> Bool {
    switch source.text(index - 1) {
    case "func": false
    case ".": isOwned(index - 2, source)
    default: source.importsC
    }
  }

  private func isOwned(_ index: Int, _ source: SwiftSource) -> Bool {
    Self.owners.contains(source.text(index)) || source.text(index) == ">"
  }
}
