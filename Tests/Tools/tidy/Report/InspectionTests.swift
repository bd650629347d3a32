import Testing

@testable import tidy

@Suite struct InspectionTests {
  private let forced = "let a = b!\n"

  private func inspect(exceptions: String) -> [Violation] {
    let fixture = Fixture([(Fixture.adapter, forced), (Tree.exceptionsPath, exceptions)])
    return Inspection(rules: [ForceRule()]).violations(in: fixture.tree)
  }

  @Test func `a message names the place, the rule and the cure`() throws {
    let violation = try #require(inspect(exceptions: "").first)
    #expect(violation.description.hasPrefix("Sources/Adapters/SQLite/Store.swift:1: [force] "))
    #expect(violation.description.contains(". Cure: "))
    #expect(violation.description.hasSuffix("."))
  }

  @Test func `an exception waives its rule at its path`() {
    let text = "# why\n\(Fixture.adapter) | force | the pointer of C is never null here\n"
    #expect(inspect(exceptions: text).isEmpty)
  }

  @Test func `an exception that nothing needs is a violation`() {
    let found = inspect(
      exceptions: """
        \(Fixture.adapter) | force | the pointer of C is never null here
        Sources/Adapters/SQLite/Other.swift | force | was needed once upon a time
        """)
    #expect(found.map(\.rule) == ["exceptions"])
    #expect(found.first?.line == 2)
  }

  @Test(arguments: ["no bars at all", "a | b", "\(Fixture.adapter) | force | short"])
  func `an exception without a reason is refused`(line: String) {
    #expect(inspect(exceptions: line).map(\.rule).sorted() == ["exceptions", "force"])
  }

  @Test func `an exception to an unknown rule lists the rules`() {
    let found = inspect(exceptions: "\(Fixture.adapter) | froce | a slip of the pen it is")
    #expect(found.contains { $0.what.contains("no rule froce") && $0.cure.contains("force") })
  }

  @Test func `violations come in the order of paths and lines`() {
    let fixture = Fixture([
      ("Sources/Domain/B.swift", "let a = b!\nlet c = d!\n"), ("Sources/Domain/A.swift", forced),
    ])
    let found = Inspection(rules: [ForceRule()]).violations(in: fixture.tree)
    #expect(found.map(\.path.last) == ["t", "t", "t"])
    #expect(
      found.map { "\($0.path.suffix(7)):\($0.line)" } == ["A.swift:1", "B.swift:1", "B.swift:2"])
  }

  @Test func `rule names are unique and every rule says its promise`() {
    let rules = Inspection().rules
    #expect(Set(rules.map(\.name)).count == rules.count)
    #expect(rules.allSatisfy { $0.promise.count > 10 })
  }
}
