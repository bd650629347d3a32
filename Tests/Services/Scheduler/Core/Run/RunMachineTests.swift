import Domain
import Testing

@testable import SchedulerCore

@Suite struct RunMachineTests {
  /// Goal: a chain runs in order and the run succeeds, announced once.
  @Test func `a chain of tasks runs one after the other`() {
    var run = RunHarness(.of([.call("a"), .call("b", needs: [("a", .success)])]))
    #expect(run.rows.keys == [TaskPlace(0)])
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.machine.run.phase == .ended(.succeeded))
    #expect(run.announced == [.succeeded])
    #expect(run.violations == [])
  }

  /// Goal: what a worker says about the end of an attempt is what the attempt remembers.
  @Test func `an ended attempt knows its exit code and how many lines it printed`() {
    var run = RunHarness(.of([.call("a")]))
    let place = TaskPlace(0)
    run.claim(place)
    let attempt = run.running.members[0]
    let report = AttemptReport(
      .succeeded(outputs: [:], exitCode: 0), worker: "w", startedAt: run.now, endedAt: run.now,
      logLines: 12)
    run.batch([.attemptEnded(attempt.task, attempt.fence, report)])
    #expect(run.rows[place]?.attempts.last?.exitCode == 0)
    #expect(run.rows[place]?.attempts.last?.logLines == 12)
  }

  /// Goal: each outcome of a need decides as the definition says.
  @Test(arguments: [
    (Need.Outcome.success, TaskOutcome.skipped), (.failed, .succeeded), (.done, .succeeded),
    (.any, .succeeded),
  ])
  func `a failed need lets its dependant run or skips it`(
    need: Need.Outcome, expected: TaskOutcome
  ) {
    var run = RunHarness(.of([.call("a"), .call("b", needs: [("a", need)])]))
    run.runToEnd { $0.task.name.text == "a" ? .failed(exitCode: 1) : .succeeded(outputs: [:]) }
    #expect(run.outcome("a") == .failed)
    #expect(run.outcome("b") == expected)
    #expect(run.machine.run.phase == .ended(.failed))
    #expect(run.machine.run.reason?.blockers == ["a"])
  }

  /// Goal: a skip propagates to dependants unless they state that any end will do.
  @Test func `a skip propagates unless any end will do`() {
    var run = RunHarness(
      .of([
        .call("a"), .call("b", needs: [("a", .success)]), .call("c", needs: [("b", .success)]),
        .call("d", needs: [("b", .any)]), .call("e", needs: [("b", .done)]),
      ]))
    run.runToEnd { $0.task.name.text == "a" ? .failed(exitCode: 1) : .succeeded(outputs: [:]) }
    #expect(run.outcome("b") == .skipped)
    #expect(run.outcome("c") == .skipped)
    #expect(run.outcome("d") == .succeeded)
    #expect(run.outcome("e") == .skipped)
    #expect(run.rows[TaskPlace(1)]?.reason?.code == "needs-unmet")
  }

  /// Goal: failed and lost attempts have budgets of their own, and nothing waits after the last.
  @Test func `failed and lost attempts have budgets of their own`() {
    var run = RunHarness(.of([.call("a", attempts: 2)]))
    let results: [AttemptReport.Result] = [
      .lost, .failed(exitCode: 3), .lost, .failed(exitCode: 4),
    ]
    run.runToEnd { results[$0.fence.number - 1] }
    #expect(run.outcome("a") == .failed)
    #expect(run.rows[TaskPlace(0)]?.fence == Fence(4))
    #expect(run.rows[TaskPlace(0)]?.reason?.message == "exit 4 after 2/2 attempts")
  }

  @Test func `a task that loses every attempt is lost in the end and its run failed`() {
    var run = RunHarness(.of([.call("a")]))
    run.runToEnd { _ in .lost }
    #expect(run.outcome("a") == .lost)
    #expect(run.rows[TaskPlace(0)]?.fence == Fence(RetryPolicy.lostAttemptsMax))
    #expect(run.machine.run.phase == .ended(.failed))
    #expect(run.machine.run.reason?.code == "lost")
  }

  /// Goal: a result with an old fence, or one that comes again, changes nothing.
  @Test func `late and repeated results change nothing`() {
    var run = RunHarness(.of([.call("a", attempts: 2)]))
    run.claim(TaskPlace(0))
    let first = run.running.members[0]
    run.report(first, .failed(exitCode: 1))
    run.report(first, .succeeded(outputs: [:]))
    #expect(run.outcome("a") == nil)
    run.runToEnd { _ in .failed(exitCode: 2) }
    #expect(run.outcome("a") == .failed)
    run.report(first, .succeeded(outputs: [:]))
    #expect(run.outcome("a") == .failed)
    #expect(run.violations == [])
  }

  /// Goal: finally tasks run after failures and cancellation, not after a kill.
  @Test(arguments: [
    (RunEvent?.none, TaskOutcome.succeeded, RunOutcome.failed),
    (.cancelled(command: "c", .forTests), .succeeded, .cancelled),
    (.killed(command: "k", .forTests), .cancelled, .cancelled),
  ])
  func `finally tasks run unless the run is killed`(
    command: RunEvent?, cleanup: TaskOutcome, outcome: RunOutcome
  ) {
    var run = RunHarness(
      .of([.call("a"), .call("b", needs: [("a", .success)])], finally: [.call("z")]))
    run.claim(TaskPlace(0))
    if let command { run.batch([command]) }
    run.runToEnd { $0.task.name.text == "z" ? .succeeded(outputs: [:]) : .failed(exitCode: 1) }
    #expect(run.outcome("z") == cleanup)
    #expect(run.machine.run.phase == .ended(outcome))
    #expect(run.violations == [])
  }

  /// Goal: an attempt that was offered and not claimed can never start after a cancellation.
  @Test func `a cancelled attempt without a lease is withdrawn`() {
    var run = RunHarness(.of([.call("a")]))
    run.batch([.cancelled(command: "c", .forTests)])
    run.claim(TaskPlace(0))
    #expect(run.running.isEmpty)
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.outcome("a") == .cancelled)
    #expect(run.machine.run.phase == .ended(.cancelled))
  }

  @Test func `a success that races with a cancellation still counts`() {
    var run = RunHarness(.of([.call("a")]))
    run.claim(TaskPlace(0))
    let attempt = run.running.members[0]
    run.batch([.cancelled(command: "c", .forTests)])
    run.report(attempt, .succeeded(outputs: [:]))
    run.runToEnd { _ in .stopped }
    #expect(run.outcome("a") == .succeeded)
    #expect(run.machine.run.phase == .ended(.cancelled))
  }

  /// Goal: each time-out fires at its instant, not before, and the reason names it.
  @Test func `a task that nobody takes ends at its queue time-out`() {
    let limits = TimeLimits(queue: .seconds(60))
    var run = RunHarness(.of([.call("a", limits: limits)]))
    let start = run.now
    run.now = start + .seconds(59)
    run.batch([.timeReached])
    #expect(run.outcome("a") == nil)
    run.now = start + .seconds(60)
    run.batch([.timeReached])
    run.volatile.removeAll { if case .checkOffer = $0 { true } else { false } }
    while run.outcome("a") == nil, !run.volatile.isEmpty { run.followUp() }
    #expect(run.outcome("a") == .timedOut)
    #expect(run.rows[TaskPlace(0)]?.reason?.code == "queue-timeout")
  }

  @Test func `a task that was claimed in time is not stopped by its queue time-out`() {
    var run = RunHarness(.of([.call("a", limits: TimeLimits(queue: .seconds(60)))]), seed: 3)
    run.claim(TaskPlace(0))
    run.now = run.now + .seconds(120)
    run.batch([.timeReached])
    for _ in 0..<20 {
      run.followUp()
      run.now = run.now + .seconds(2)
      run.batch([.timeReached])
    }
    #expect(run.outcome("a") == nil)
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.outcome("a") == .succeeded)
  }

  @Test func `the total time-out counts attempts and waits together`() {
    let limits = TimeLimits(total: .seconds(30))
    var run = RunHarness(.of([.call("a", attempts: 20, limits: limits)]))
    run.runToEnd { _ in .failed(exitCode: 1) }
    #expect(run.outcome("a") == .timedOut)
    #expect(run.rows[TaskPlace(0)]?.reason?.code == "total-timeout")
    #expect(run.machine.run.endedAt == Moment(microseconds: 31_000_000))
  }

  @Test func `a run that is out of time stops its tasks and runs finally`() {
    var run = RunHarness(
      .of(
        [.call("a"), .call("b", needs: [("a", .success)])], finally: [.call("z")],
        timeout: .seconds(10)))
    run.claim(TaskPlace(0))
    run.now = run.now + .seconds(10)
    run.batch([.timeReached])
    run.runToEnd { $0.task.name.text == "z" ? .succeeded(outputs: [:]) : .stopped }
    #expect(run.machine.run.phase == .ended(.timedOut))
    #expect(run.outcome("a") == .cancelled)
    #expect(run.outcome("z") == .succeeded)
  }

  /// Goal: instances run in order, never more than `maxParallel`, and the worst outcome is the
  /// group's.
  @Test func `a forEach task runs once for each item within its limit`() throws {
    var run = RunHarness(
      .of([
        .call("a", forEach: try .numbers(25, maxParallel: 3)), .call("b", needs: [("a", .done)]),
      ]))
    run.windowSize = 50
    run.runToEnd { $0.task.index == 7 ? .failed(exitCode: 1) : .succeeded(outputs: [:]) }
    #expect(run.machine.groups[0]?.instances.count == 25)
    #expect(run.outcome("a") == .failed)
    #expect(run.outcome("b") == .succeeded)
    #expect(run.violations == [])
  }

  @Test func `an empty forEach list succeeds at once`() throws {
    var run = RunHarness(
      .of([.call("a", forEach: try .numbers(0)), .call("b", needs: [("a", .success)])]))
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.outcome("a") == .succeeded)
    #expect(run.outcome("b") == .succeeded)
  }

  @Test func `a poisoned run is set aside and nothing more starts`() {
    var run = RunHarness(.of([.call("a"), .call("b", needs: [("a", .success)])]))
    run.claim(TaskPlace(0))
    run.batch([.quarantined(.forTests)])
    run.report(run.running.members[0], .succeeded(outputs: [:]))
    #expect(run.machine.isEnded)
    #expect(run.outcome("b") == nil)
  }

  /// Goal: an event costs the same in a run of ten thousand tasks as in one of a thousand: it
  /// touches the same number of rows.
  @Test func `an event touches as many rows in a large run as in a small one`() {
    func rows(_ count: Int) -> Int {
      let names = (0..<count).map { "t\($0)" }
      var run = RunHarness(.of(names.map { .call($0) }))
      run.claim(TaskPlace(0))
      let attempt = run.running.members[0]
      let report = AttemptReport(.succeeded(outputs: [:]), endedAt: run.now)
      return run.machine.apply(.attemptEnded(attempt.task, attempt.fence, report), at: run.now)
        .count
    }
    #expect(rows(200) == rows(2_000))
  }
}

extension Reason {
  static let forTests = Reason(code: "test", message: "for a test", since: .start)
}
