import Testing

@testable import tidy

@Suite struct CoreRuleTests {
  @Test(arguments: [
    "final class Run {}", "actor Run {}", "func f() async {}", "let x: Double = 1",
    "mutating func apply(_ event: Event, at now: Moment) throws -> [Effect] { [] }",
    "mutating func apply(_ event: Event, at now: Moment) throws(Refusal) -> [Effect] { [] }",
  ])
  func `what a core must not hold is found`(text: String) {
    #expect(Fixture(Fixture.core, text).violations(of: CoreRule()).count == 1)
    #expect(Fixture(Fixture.service, text).violations(of: CoreRule()).isEmpty)
    #expect(Fixture(Fixture.test, text).violations(of: CoreRule()).isEmpty)
  }

  @Test(arguments: [
    "struct Run { mutating func apply(_ event: Event, at now: Moment) -> [Effect] { [] } }",
    "static func parse(_ text: String) throws(Refusal) -> Run { throw .empty }",
    "// a class of its own, async and Double", "let s = \"class Double\"",
  ])
  func `a plain machine passes`(text: String) {
    #expect(Fixture(Fixture.core, text).violations(of: CoreRule()).isEmpty)
  }

  @Test(arguments: [
    "switch phase { case .a: 1\ndefault: 2 }",
    "switch (phase, event) { case (.a, .b): 1\ncase (_, _): 2 }",
    "switch phase { case .a, .b: 1\ncase _: 2 }",
    "switch self { case Phase.a: 1\n@unknown default: 2 }",
    "switch phase { case .a(let n) where n > 1: if case .b = x { f() }\ndefault: 2 }",
    "switch a { case .x: switch b { case 1: 1\ndefault: 2 }\ndefault: 3 }",
  ])
  func `a catch-all over an enum is found`(text: String) {
    #expect(Fixture(Fixture.core, text).violations(of: DefaultCaseRule()).count == 1)
    #expect(Fixture(Fixture.service, text).violations(of: DefaultCaseRule()).isEmpty)
  }

  @Test(arguments: [
    "switch phase { case .a: 1\ncase .b, .c: 2 }",
    "switch phase { case (.a, _), (.b, _): 1 }",
    "switch text { case \"a\": 1\ndefault: 2 }",
    "switch n { case 0..<9: 1\ncase let n where n.isEven: 2\ndefault: 3 }",
    "switch n { case let n where n > Limits.most: 1\ndefault: 2 }",
    "counts[key, default: 0] += 1",
    "switch text { case \"a\": if case .b = x { f() }\ndefault: 2 }",
  ])
  func `a complete switch and one over values pass`(text: String) {
    #expect(Fixture(Fixture.core, text).violations(of: DefaultCaseRule()).isEmpty)
  }

  @Test(arguments: [
    "var a: Set<Int> = []", "let a = Set(b)", "var a: Dictionary<Int, Int>", "var a: [RunID: Run]",
    "var a = [String: [Int]]()", "func f(_ a: [A.B: any C]) {}", "let a = [\"x\": 1]",
    "let a = Dictionary(grouping: b) { $0 }", "var a: [Box<Int>: Int]",
  ])
  func `an unordered collection is found`(text: String) {
    for path in [Fixture.core, Fixture.service, "Simulation/Fakes/Bus.swift"] {
      #expect(Fixture(path, text).violations(of: OrderedCollectionRule()).count == 1)
    }
    for path in [Fixture.domain, Fixture.adapter, Fixture.test] {
      #expect(Fixture(path, text).violations(of: OrderedCollectionRule()).isEmpty)
    }
  }

  @Test(arguments: [
    "var a: SortedMap<RunID, Run> = [:]", "let a: SortedMap<String, Int> = [\"x\": 1]",
    "let a = [isOpen ? 1 : 2]", "a[key, default: 0] += 1", "let a = [1, 2]", "f([\"x\": 1])",
    "let a = table[row: 1]", "var a: [Int]", "let a = b.Set", "struct SetOf {}",
    "let f = [{ (a: Int) in a }]",
  ])
  func `an ordered collection passes`(text: String) {
    #expect(Fixture(Fixture.core, text).violations(of: OrderedCollectionRule()).isEmpty)
  }
}
