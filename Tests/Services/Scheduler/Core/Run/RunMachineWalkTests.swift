import Domain
import TestSupport
import Testing

@testable import SchedulerCore

/// Random workflows under random histories: crashes of the owner at any batch, results that come
/// twice or late, lost follow-ups, cancellation and kill at any moment.
@Suite struct RunMachineWalkTests {
  static func definition(_ random: inout SplitMix) throws -> WorkflowDefinition {
    let count = 1 + random.below(8)
    var tasks: [TaskDefinition] = []
    for number in 0..<count {
      var needs: [(String, Need.Outcome)] = []
      for before in 0..<number where random.chance(35) {
        needs.append(("t\(before)", Need.Outcome.allCases[random.below(4)]))
      }
      let forEach: ForEach? =
        random.chance(25)
        ? try .numbers(random.below(12), maxParallel: random.chance(50) ? 1 + random.below(3) : nil)
        : nil
      tasks.append(
        .call("t\(number)", needs: needs, attempts: 1 + random.below(3), forEach: forEach))
    }
    let finally = (0..<random.below(3)).map { TaskDefinition.call("z\($0)") }
    return .of(tasks, finally: finally)
  }

  /// What a task's tries come to: decided by its name, so that a history cannot change it.
  static func result(_ attempt: AttemptID, seed: UInt64) -> AttemptReport.Result {
    var hash = StableHash()
    hash.combine(attempt.task.description)
    hash.combine(seed)
    switch hash.value % 10 {
    case 0: return .failed(exitCode: 1)
    case 1: return .timedOut
    case 2: return attempt.fence.number < 2 ? .failed(exitCode: 2) : .succeeded(outputs: [:])
    case 3: return attempt.fence.number < 3 ? .lost : .succeeded(outputs: [:])
    default: return .succeeded(outputs: [:])
    }
  }

  static func step(_ run: inout RunHarness, seed: UInt64) {
    switch run.random.below(20) {
    case 0..<6:
      guard
        let place = run.rows.keys.isEmpty ? nil : run.rows.keys[run.random.below(run.rows.count)]
      else { return }
      run.claim(place)
    case 6..<12:
      guard !run.running.isEmpty else { return }
      let attempt = run.running.members[run.random.below(run.running.count)]
      let result: AttemptReport.Result =
        run.stopsAsked.contains(attempt) ? .stopped : result(run.tried(attempt), seed: seed)
      run.report(attempt, result)
    case 12:
      guard !run.reports.isEmpty else { return }
      let (task, fence, report) = run.reports[run.random.below(run.reports.count)]
      run.batch([.attemptEnded(task, fence, report)])
    case 13:
      run.restart()
    case 14, 15:
      run.now = run.now + .seconds(run.random.below(90))
      run.batch([.timeReached])
    case 16, 17:
      run.followUp()
    case 18:
      let command = "p\(run.random.next())"
      run.batch([
        run.random.chance(40) ? .paused(command: command, .forTests) : .resumed(command: command)
      ])
    default:
      run.batch([])
    }
  }

  /// Goal: whatever the history, the outcomes are those of a plain reference model.
  @Test func `outcomes equal a reference model whatever happens in between`() throws {
    for seed in 0..<UInt64(400) {
      var random = SplitMix(state: seed &* 7_919)
      var run = RunHarness(try Self.definition(&random), seed: seed)
      for _ in 0..<150 { Self.step(&run, seed: seed) }
      run.batch([.resumed(command: "on")])
      run.runToEnd { Self.result($0, seed: seed) }
      #expect(run.violations == [], "seed \(seed)")
      let expected = Reference.outcomes(run.plan, seed: seed)
      let actual = run.machine.tasks.map { $0.phase.outcome }
      #expect(actual == expected, "seed \(seed)")
      guard actual == expected, run.violations.isEmpty else { return }
    }
  }

  /// Goal: a run that is cancelled or killed at any moment ends, and nothing runs on.
  @Test func `a run that is cancelled or killed at any moment ends`() throws {
    for seed in 0..<UInt64(400) {
      var random = SplitMix(state: seed &* 104_729)
      var run = RunHarness(try Self.definition(&random), seed: seed)
      for _ in 0..<random.below(60) { Self.step(&run, seed: seed) }
      let isOver = run.machine.isEnded
      let isKill = random.chance(50)
      run.batch([
        isKill ? .killed(command: "k", .forTests) : .cancelled(command: "c", .forTests)
      ])
      for _ in 0..<random.below(60) { Self.step(&run, seed: seed) }
      if random.chance(30) { run.batch([.killed(command: "k2", .forTests)]) }
      // What cleans up may be paused as well, and waits for its resumption then.
      run.batch([.resumed(command: "on")])
      run.runToEnd { Self.result($0, seed: seed) }
      #expect(run.machine.isEnded, "seed \(seed): \(run.machine.run.phase)")
      #expect(run.running.isEmpty, "seed \(seed)")
      #expect(run.violations == [], "seed \(seed)")
      #expect(run.announced.count == 1, "seed \(seed)")
      if !isOver, isKill { #expect(run.machine.run.phase == .ended(.cancelled), "seed \(seed)") }
      guard run.machine.isEnded, run.violations.isEmpty else { return }
    }
  }

  /// Goal: loading a run from its rows at any moment loses nothing and invents nothing.
  @Test func `a restored run knows what the one before knew`() throws {
    for seed in 0..<UInt64(150) {
      var random = SplitMix(state: seed &* 31)
      var run = RunHarness(try Self.definition(&random), seed: seed)
      for _ in 0..<random.below(80) { Self.step(&run, seed: seed) }
      while run.machine.hasWork { run.batch([]) }
      let before = (run.machine.counts, run.machine.inFlight, run.machine.run.phase)
      var again = run
      again.restart()
      while again.machine.hasWork { again.batch([]) }
      #expect(again.machine.run.phase == before.2, "seed \(seed)")
      let words = { (counts: SortedMap<String, Int>) in
        // Who runs an attempt is knowledge of the lease, which is read again.
        (counts["dispatched"] ?? 0) + (counts["running"] ?? 0)
      }
      #expect(words(again.machine.counts) == words(before.0), "seed \(seed)")
      #expect(again.machine.counts["succeeded"] == before.0["succeeded"], "seed \(seed)")
      #expect(again.violations == run.violations, "seed \(seed)")
    }
  }
}

/// Outcomes by recursion over the plan, without any history. Shares nothing with the machine.
enum Reference {
  static func outcomes(_ plan: Plan, seed: UInt64) -> [TaskOutcome?] {
    var known: [TaskOutcome?] = Array(repeating: nil, count: plan.nodes.count)
    func outcome(_ node: Int) -> TaskOutcome {
      if let outcome = known[node] { return outcome }
      let task = plan.nodes[node]
      for need in task.needs where !outcome(need.node).satisfies(need.outcome) {
        known[node] = .skipped
        return .skipped
      }
      let answer: TaskOutcome
      if let forEach = task.definition.forEach {
        let all = (0..<forEach.count).map {
          tries(TaskKey(task.definition.name, index: $0), task, seed)
        }
        answer =
          [TaskOutcome.failed, .timedOut, .lost].first { all.contains($0) } ?? .succeeded
      } else {
        answer = tries(TaskKey(task.definition.name), task, seed)
      }
      known[node] = answer
      return answer
    }
    return plan.nodes.indices.map { outcome($0) }
  }

  private static func tries(_ key: TaskKey, _ node: Plan.Node, _ seed: UInt64) -> TaskOutcome {
    var failures = 0
    var losses = 0
    for number in 1...50 {
      let attempt = AttemptID(
        run: RunID(SortableID(high: 1, low: 1)), task: key, fence: Fence(number))
      switch RunMachineWalkTests.result(attempt, seed: seed) {
      case .succeeded: return .succeeded
      case .failed:
        failures += 1
        if failures >= node.definition.retry.attemptsMax { return .failed }
      case .timedOut:
        failures += 1
        if failures >= node.definition.retry.attemptsMax { return .timedOut }
      case .lost, .stopped:
        losses += 1
        if losses >= RetryPolicy.lostAttemptsMax { return .lost }
      }
    }
    return .lost
  }
}
