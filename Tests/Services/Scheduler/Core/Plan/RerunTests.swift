import Domain
import TestSupport
import Testing

@testable import SchedulerCore

@Suite struct RerunTests {
  static func chain(_ count: Int) -> WorkflowDefinition {
    .of(
      (1...count).map { number in
        .call("t\(number)", needs: number == 1 ? [] : [("t\(number - 1)", .success)])
      })
  }

  /// A run that has ended, its tasks as `failing` says.
  static func ended(_ definition: WorkflowDefinition, failing: [String]) -> RunHarness {
    var run = RunHarness(definition)
    run.runToEnd {
      failing.contains($0.task.name.text) ? .failed(exitCode: 1) : .succeeded(outputs: [:])
    }
    return run
  }

  static func rerun(
    _ run: RunHarness, _ mode: Rerun.Mode, _ tasks: [String] = [], skipping skipped: [String] = []
  ) -> RunHarness {
    let rerun = Rerun(
      mode, tasks: SortedSet(tasks.map { TaskName(unchecked: $0) }),
      skipped: SortedSet(skipped.map { TaskName(unchecked: $0) }), reason: .forTests)
    let kept = run.machine.kept(for: rerun, on: run.plan)
    return RunHarness(
      run.plan, kept: kept, keeping: run.machine.keeping(kept, on: run.plan))
  }

  /// The names of the tasks that got an attempt.
  static func tried(_ run: RunHarness) -> [String] {
    run.rows.filter { $0.value.fence > Fence(0) }
      .map { run.machine.key(of: $0.key).description }
  }

  /// Goal (M12): a run of 7 tasks that failed at 5 runs exactly 5 to 7 again.
  @Test func `what failed runs again with all that depends on it, and nothing else`() {
    let first = Self.ended(Self.chain(7), failing: ["t5"])
    var again = Self.rerun(first, .failed)
    again.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(again) == ["t5", "t6", "t7"])
    #expect(again.machine.run.phase == .ended(.succeeded))
    #expect(again.rows[TaskPlace(0)]?.reason?.code == "kept")
    #expect(again.violations == [])
  }

  @Test func `all runs everything again`() {
    let first = Self.ended(Self.chain(3), failing: [])
    var again = Self.rerun(first, .all)
    again.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(again) == ["t1", "t2", "t3"])
  }

  @Test func `from a task on runs it and what depends on it`() {
    let first = Self.ended(Self.chain(4), failing: [])
    var again = Self.rerun(first, .from, ["t3"])
    again.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(again) == ["t3", "t4"])
  }

  /// Goal: a named task whose needs had failed takes them along, or it could never start.
  @Test func `from a task on takes along what had to succeed before it`() {
    let first = Self.ended(Self.chain(4), failing: ["t2"])
    var again = Self.rerun(first, .from, ["t3"])
    again.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(again) == ["t2", "t3", "t4"])
    #expect(again.machine.run.phase == .ended(.succeeded))
  }

  @Test func `only a task runs that task alone`() {
    let first = Self.ended(Self.chain(4), failing: [])
    var again = Self.rerun(first, .only, ["t2"])
    again.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(again) == ["t2"])
    #expect(again.machine.run.phase == .ended(.succeeded))
  }

  /// Goal (M13): skipping a task that failed lets its dependants run.
  @Test func `a failed task that is skipped lets its dependants run`() {
    let first = Self.ended(Self.chain(4), failing: ["t2"])
    var again = Self.rerun(first, .failed, skipping: ["t2"])
    again.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(again) == ["t3", "t4"])
    #expect(again.outcome("t2") == .skipped)
    #expect(again.machine.run.phase == .ended(.succeeded))
  }

  @Test func `finally tasks run again, and a failure that is kept stays one`() {
    let first = Self.ended(
      .of([.call("a"), .call("b")], finally: [.call("z")]), failing: ["a"])
    var failed = Self.rerun(first, .failed)
    failed.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(failed) == ["a", "z"])
    var only = Self.rerun(first, .only, ["b"])
    only.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(only) == ["b"])
    #expect(only.machine.run.phase == .ended(.failed))
  }

  /// Goal: a task that is another one now is run again, with what depends on it.
  @Test func `a task whose definition has changed is not taken over`() {
    let first = Self.ended(Self.chain(3), failing: ["t3"])
    var changed = Self.chain(3)
    changed.tasks[1].environment = ["A": Template(text: "b")]
    let plan = Plan(changed, version: VersionID("v2"))
    let kept = first.machine.kept(for: Rerun(.failed, reason: .forTests), on: plan)
    #expect(Array(kept.nodes.members) == [0])
  }

  /// Goal: outputs are taken over, those of a `forEach` task as the lists that they are.
  @Test func `outputs of tasks and of their instances are taken over`() throws {
    var numbers = TaskDefinition.call("a", forEach: try .numbers(3))
    numbers.outputs = ["n": .integer]
    var sum = TaskDefinition.call("b", needs: [("a", .success)])
    sum.work = .run(argv: [
      Template([.expression(try ExpressionParser.parse("json(tasks.a.outputs.n)"))])
    ])
    var run = RunHarness(.of([numbers, sum]))
    run.runToEnd { attempt in
      attempt.task.name.text == "b"
        ? .failed(exitCode: 1)
        : .succeeded(outputs: ["n": .integer(Int64(attempt.task.index ?? 9))])
    }
    var again = Self.rerun(run, .failed)
    let list = Value.array([.integer(0), .integer(1), .integer(2)])
    #expect(again.machine.outputs(of: 0) == ["n": list])
    again.restart()
    #expect(again.machine.outputs(of: 0) == ["n": list])
    #expect(again.machine.order(TaskKey("b"), Fence(1))?.work == .run(argv: ["[0,1,2]"]))
    again.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(again) == ["b"])
    #expect(again.violations == [])
  }

  /// Goal: a task gets the files of what was taken over, however often that was.
  @Test func `files of a task that was taken over come from the run in which it ran`() {
    var user = TaskDefinition.call("b", needs: [("a", .success)])
    user.files = [
      FileRule(.artifact(TaskName(unchecked: "a"), name: "out"), to: "in")
    ]
    var run = RunHarness(.of([.call("a"), user]))
    run.claimAndNotice()
    run.report(run.running.members[0], .succeeded(outputs: [:]))
    func keeper(_ run: RunHarness) -> RunID? {
      guard
        case .artifact(_, _, let keeper)? = run.machine.order(TaskKey("b"), Fence(1))?
          .files.first?.source
      else { return nil }
      return keeper
    }
    #expect(run.machine.order(TaskKey("b"), Fence(1))?.files.count == 1)
    #expect(keeper(run) == nil)
    run.runToEnd { _ in .failed(exitCode: 1) }
    for _ in 0..<2 {
      run = Self.rerun(run, .failed)
      #expect(keeper(run) == run.machine.run.kept?.source)
      run.restart()
      #expect(keeper(run) == run.machine.run.kept?.source)
      run.runToEnd { _ in .failed(exitCode: 1) }
    }
  }

  /// Goal: what a person once said goes on to hold: the dependants start.
  @Test func `a task that was skipped by hand stays so in every rerun`() {
    var first = RunHarness(Self.chain(2))
    first.batch([
      .overridden(command: "s", TaskKey("t1"), TaskOverride(.skipped, reason: .forTests))
    ])
    first.runToEnd { _ in .failed(exitCode: 1) }
    var second = Self.rerun(first, .failed)
    second.runToEnd { _ in .failed(exitCode: 1) }
    #expect(Self.tried(second) == ["t2"])
    var third = Self.rerun(second, .failed)
    third.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(Self.tried(third) == ["t2"])
    #expect(third.rows[TaskPlace(0)]?.reason?.message == Reason.forTests.message)
    #expect(third.machine.run.phase == .ended(.succeeded))
  }

  /// Goal: however often it is taken over, a task names the run in which it ran, once.
  @Test func `what is taken over again and again says where it ran`() {
    var run = Self.ended(Self.chain(2), failing: ["t2"])
    for _ in 0..<3 {
      run = Self.rerun(run, .failed)
      run.runToEnd { _ in .failed(exitCode: 1) }
      #expect(run.rows[TaskPlace(0)]?.reason?.message == "taken over from \(run.machine.run.id)")
    }
  }

  @Test func `what is not there any more fails and is never run by mistake`() {
    let first = Self.ended(Self.chain(3), failing: ["t3"])
    var again = Self.rerun(first, .failed)
    let run = again.machine.run
    let lost = RunMachine(starting: run, plan: first.plan, keeping: [:])
    again.machine = lost
    again.rows = [:]
    again.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(again.machine.tasks[0].reason?.code == "not-kept")
    #expect(again.machine.run.phase == .ended(.failed))
    #expect(Self.tried(again).isEmpty)
  }

  /// Goal: whatever happens in between, a rerun of what failed comes to what the reference says.
  @Test func `a rerun under any history ends, and runs nothing that it takes over`() throws {
    for seed in 0..<UInt64(300) {
      var random = SplitMix(state: seed &* 433)
      var first = RunHarness(try RunMachineWalkTests.definition(&random), seed: seed)
      if random.chance(30) { first.batch([.cancelled(command: "c", .forTests)]) }
      first.runToEnd { RunMachineWalkTests.result($0, seed: seed) }
      let mode = Rerun.Mode.allCases[random.below(4)]
      let name = first.plan.nodes[random.below(first.plan.nodes.count)].definition.name.text
      var again = Self.rerun(first, mode, [name])
      let kept = again.keeping
      for _ in 0..<100 { RunMachineWalkTests.step(&again, seed: seed &+ 1) }
      again.batch([.resumed(command: "on")])
      again.runToEnd { RunMachineWalkTests.result($0, seed: seed &+ 1) }
      #expect(again.machine.isEnded, "seed \(seed) \(mode)")
      #expect(again.violations == [], "seed \(seed) \(mode)")
      for (node, task) in kept {
        #expect(again.machine.tasks[node].phase.outcome == task.outcome, "seed \(seed) \(mode)")
        #expect(again.machine.tasks[node].fence == Fence(0), "seed \(seed) \(mode)")
      }
      guard again.machine.isEnded, again.violations.isEmpty else { return }
    }
  }
}
