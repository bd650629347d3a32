import Domain
import SimulationScenarios
import SimulationWorld
import Testing

/// Somebody's own workflow under the faults of the platform.
struct UserWorkflowTests {
  private static func user(_ effect: TaskHint.Effect) -> UserWorkflow {
    func task(_ needs: [String]) -> Value {
      .object([
        "run": .array([.string("work")]), "needs": .array(needs.map(Value.string)),
        "retry": .object(["attempts": .integer(3)]),
      ])
    }
    var user = UserWorkflow(
      .object([
        "id": .string("own"),
        "tasks": .object(["build": task([]), "deploy": task(["build"])]),
      ]))
    var hint = TaskHint()
    hint.effect = effect
    hint.failsPercent = 20
    hint.longest = .seconds(10)
    user.hints["deploy"] = hint
    user.runs = 4
    return user
  }

  private static func verdicts(_ effect: TaskHint.Effect) throws -> [Verdict] {
    try (1...8 as ClosedRange<UInt64>).map { seed in
      var plan = WorldPlan.draw(
        user(effect), try #require(Profiles.named("killstorm")), seed: seed)
      plan.chaosLength = .seconds(60)
      return WorldRun(seed: seed, plan).run()
    }
  }

  @Test func `a task that must not be repeated is found out, and one that may be is not`() throws {
    let strict = try Self.verdicts(.once)
    #expect(strict.contains { $0.signature == "effect-once" }, "\(strict.map(\.message))")
    #expect(strict.allSatisfy { ["good", "effect-once"].contains($0.signature) })
    let tolerant = try Self.verdicts(.repeatable)
    let failed = tolerant.filter { !$0.isGood }.map { $0.message }
    #expect(failed == [])
    var study = Study()
    for verdict in tolerant { study.add(try #require(verdict.study)) }
    let ended = study.outcomes.values.reduce(0, +)
    #expect(ended == 32)
    #expect(study.tasks.keys == ["build", "deploy"])
    #expect(study.tasks["deploy"]?.twice ?? 0 > 0)
    let median = try #require(study.quantile(50))
    let slowest = try #require(study.quantile(99))
    #expect(slowest >= median)
  }

  @Test(arguments: [
    ("", "names no task"), ("effect=once", "names no task"), ("deploy effect=twice", "effect is"),
    ("deploy lasts=5", "lasts is"), ("deploy lasts=5s..1s", "lasts is"),
    ("deploy fails=101", "fails is"), ("deploy fails=60 hangs=60", "more than 100%"),
    ("deploy speed=1", "no hint"), ("deploy effect", "has no value"),
  ])
  func `a hint that says nothing good is refused`(text: String, said: String) {
    let error = #expect(throws: HintError.self) { try TaskHint.read(text) }
    #expect(error?.message.contains(said) == true, "\(error as Any)")
  }

  @Test func `quantiles are those of all runs`() {
    #expect(Study().quantile(50) == nil)
  }
}
