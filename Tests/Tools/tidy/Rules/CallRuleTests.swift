import Testing

@testable import tidy

@Suite struct CallRuleTests {
  @Test(arguments: [
    (Fixture.service, "Task { await run() }"), (Fixture.service, "Task<Void, Never> { f() }"),
    (Fixture.service, "let t = Task.detached { f() }"),
    (Fixture.service, "Task(priority: .low) {}"),
    (Fixture.service, "try await Task.sleep(for: .seconds(1))"), (Fixture.core, "let d = Date()"),
    (Fixture.adapter, "let id = UUID().uuidString"),
    (Fixture.core, "let n = Int.random(in: 0..<9)"),
    (Fixture.service, "let coin = Bool.random()"),
    (Fixture.service, "let one = all.randomElement()"), (Fixture.service, "all.shuffle()"),
    (Fixture.service, "DispatchQueue.main.async {}"), (Fixture.service, "print(\"x\")"),
    (Fixture.service, "let s = \"\\(Int.random(in: 1...6))\""),
    (Fixture.adapter, "internal import Glibc\nlet home = getenv(\"HOME\")"),
    (Fixture.adapter, "internal import Foundation\nsleep(1)"),
    (Fixture.adapter, "let clock = ContinuousClock()"),
    (Fixture.service, "let r = try Regex(text)"), (Fixture.adapter, "JSONDecoder()"),
    (Fixture.test, "let d = Date()"), (Fixture.test, "let n = Int.random(in: 0..<9)"),
    (Fixture.test, "DispatchQueue.global()"), (Fixture.test, "print(1)"),
  ])
  func `a call away from its home is found`(path: String, text: String) {
    #expect(Fixture(path, text).violations(of: BannedCallRule()).count == 1)
  }

  @Test(arguments: [
    (Fixture.system, "Task { f() }"), (Fixture.system, "let now = ContinuousClock.now"),
    ("Simulation/Fakes/Bus.swift", "let stream = world.random(named: \"bus\")"),
    (Fixture.service, "let isRare = Bool.random(using: &stream)"),
    ("Simulation/Kit/Kernel.swift", "Task(executorPreference: e) { f() }"),
    (Fixture.program, "print(\"ready\")"), ("Sources/Tools/bench/main.swift", "print(1)"),
    (Fixture.core, "let n = Int.random(in: 0..<9, using: &stream)"),
    (Fixture.service, "try Task.checkCancellation()"),
    (Fixture.service, "var task: Task<Void, Never>"),
    (Fixture.service, "func print(_ text: String) {}"), (Fixture.service, "report.print(1)"),
    (Fixture.service, "try await sleep(until: deadline)"),
    (Fixture.service, "// Date() and print("),
    (Fixture.service, "let s = \"Date()\""), (Fixture.test, "Task { f() }"),
    (Fixture.test, "let folder = UUID().uuidString"), (Fixture.domain, "struct TaskDefinition {}"),
    ("Tests/Adapters/System/ClockTests.swift", "DispatchQueue.global()"),
  ])
  func `a call at home passes`(path: String, text: String) {
    #expect(Fixture(path, text).violations(of: BannedCallRule()).isEmpty)
  }

  @Test(arguments: [
    "let a = b!", "let a = b!.c", "f(a[0]!)", "g()!.h()", "let a = try! f()", "let a = b as! C",
    "var a: String!", "var a: Box<Int>!", "let s = \"\\(a!)\"", "fatalError(\"no\")", "a?.b!.c",
  ])
  func `forcing is found`(text: String) {
    #expect(Fixture(Fixture.adapter, text).violations(of: ForceRule()).count == 1)
  }

  @Test(arguments: [
    "if !a { }", "let b = !a", "f(!a)", "return !a", "a != b", "[!a, !b]", "guard x, !y else { }",
    "precondition(n > 0, \"n! is never 0\")", "// a! b", "a ? !b : !c", "let f = { !$0 }",
    "case .a where !b: c", "let x = try? f()", "let x = y as? Z", "a !== b", "a\n  != b",
    "while !done {}", "$0 && !$1", "let x: Int = !a ? 1 : 2",
  ])
  func `negation is not forcing`(text: String) {
    #expect(Fixture(Fixture.adapter, text).violations(of: ForceRule()).isEmpty)
  }
}
