import Domain
import TestSupport
import Testing

@testable import SchedulerCore

@Suite struct RunMachineByHandTests {
  static let skip = TaskOverride(.skipped, reason: .forTests)

  /// Goal: the dependants of a task that a person skipped run, whatever they need of it.
  @Test(arguments: Need.Outcome.allCases)
  func `a task that is skipped by hand lets its dependants run`(need: Need.Outcome) {
    var run = RunHarness(
      .of([.call("a"), .call("b", needs: [("a", .success)]), .call("c", needs: [("b", need)])]))
    run.batch([.overridden(command: "s", TaskKey("b"), Self.skip)])
    run.restart()
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.outcome("b") == .skipped)
    #expect(run.rows[TaskPlace(1)]?.reason?.code == "set-by-hand")
    #expect(run.outcome("c") == .succeeded)
    #expect(run.machine.run.phase == .ended(.succeeded))
    #expect(run.violations == [])
  }

  /// Goal: an attempt that runs is stopped first; a restart in between forgets nothing.
  @Test(arguments: TaskOverride.Outcome.allCases, [false, true])
  func `a task under way is stopped and ends as a person says`(
    outcome: TaskOverride.Outcome, isRestarted: Bool
  ) {
    var run = RunHarness(.of([.call("a")]))
    run.claimAndNotice()
    run.batch([.overridden(command: "s", TaskKey("a"), TaskOverride(outcome, reason: .forTests))])
    #expect(run.stopsAsked.count == 1)
    #expect(run.outcome("a") == nil)
    if isRestarted { run.restart() }
    run.report(run.running.members[0], .stopped)
    #expect(run.outcome("a") == outcome.outcome)
    #expect(run.violations == [])
  }

  @Test func `a success that comes before the stop counts`() {
    var run = RunHarness(.of([.call("a")]))
    run.claimAndNotice()
    run.batch([.overridden(command: "s", TaskKey("a"), Self.skip)])
    run.report(run.running.members[0], .succeeded(outputs: [:]))
    #expect(run.outcome("a") == .succeeded)
  }

  @Test func `an offer is withdrawn before a person's word counts`() {
    var run = RunHarness(.of([.call("a")]))
    run.batch([.overridden(command: "s", TaskKey("a"), Self.skip)])
    #expect(run.outcome("a") == nil)
    run.batch([.leaseRead(TaskKey("a"), Fence(1), nil)])
    #expect(run.outcome("a") == .skipped)
  }

  @Test func `a success by hand has exactly the declared outputs`() {
    var definition = TaskDefinition.call("a")
    definition.outputs = ["n": .integer]
    var run = RunHarness(.of([definition]))
    for outputs in [[:], ["n": .string("x")], ["n": .integer(1), "m": .integer(2)]]
      as [SortedMap<String, Value>]
    {
      let override = TaskOverride(.succeeded, outputs: outputs, reason: .forTests)
      #expect(!run.machine.mayOverride(TaskKey("a"), override))
      run.batch([.overridden(command: "x", TaskKey("a"), override)])
      #expect(run.machine.tasks[0].override == nil)
    }
    let good = TaskOverride(.succeeded, outputs: ["n": .integer(1)], reason: .forTests)
    run.batch([.overridden(command: "s", TaskKey("a"), good)])
    run.batch([.leaseRead(TaskKey("a"), Fence(1), nil)])
    #expect(run.rows[TaskPlace(0)]?.outputs == ["n": .integer(1)])
  }

  @Test func `what has ended, unfolds or does not exist is refused`() throws {
    var run = RunHarness(.of([.call("a"), .call("b", forEach: try .numbers(2))]))
    #expect(!run.machine.mayOverride(TaskKey("b"), Self.skip))
    #expect(run.machine.mayOverride(TaskKey(TaskName(unchecked: "b"), index: 1), Self.skip))
    #expect(!run.machine.mayOverride(TaskKey("z"), Self.skip))
    run.claimAndNotice()
    run.report(run.running.members[0], .succeeded(outputs: [:]))
    run.batch([.overridden(command: "s", TaskKey("a"), Self.skip)])
    #expect(run.outcome("a") == .succeeded)
    run.batch([.killed(command: "k", .forTests)])
    #expect(!run.machine.mayOverride(TaskKey(TaskName(unchecked: "b"), index: 1), Self.skip))
  }

  /// Goal: at any moment of any history a person's word ends the task and the run goes on.
  @Test func `a person's word counts at any moment`() throws {
    for seed in 0..<UInt64(300) {
      var random = SplitMix(state: seed &* 6_151)
      var run = RunHarness(try RunMachineWalkTests.definition(&random), seed: seed)
      var decided: SortedMap<TaskKey, TaskOverride.Outcome> = [:]
      for number in 0..<120 {
        RunMachineWalkTests.step(&run, seed: seed)
        guard random.chance(5) else { continue }
        let node = random.below(run.plan.nodes.count)
        let outcome = TaskOverride.Outcome.allCases[random.below(3)]
        let override = TaskOverride(outcome, reason: .forTests)
        let key = run.machine.key(of: TaskPlace(node))
        if run.machine.mayOverride(key, override), decided[key] == nil { decided[key] = outcome }
        run.batch([.overridden(command: "o\(number)", key, override)])
      }
      run.batch([.resumed(command: "on")])
      run.runToEnd { RunMachineWalkTests.result($0, seed: seed) }
      #expect(run.machine.isEnded, "seed \(seed)")
      #expect(run.violations == [], "seed \(seed)")
      for (key, outcome) in decided {
        let actual = run.outcome(key.name.text)
        let isAsSaid = actual == outcome.outcome || actual == .succeeded || actual == .failed
        #expect(isAsSaid, "seed \(seed): \(key) is \(String(describing: actual)), not \(outcome)")
      }
      guard run.machine.isEnded, run.violations.isEmpty else { return }
    }
  }
}
