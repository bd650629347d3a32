import Domain
import Testing

@testable import SchedulerCore

@Suite struct RunMachinePausingTests {
  static let pool = PoolName(unchecked: "default")

  /// Goal: a paused run dispatches nothing, says why, and goes on where it was.
  @Test func `a paused run dispatches nothing until it is resumed`() {
    var run = RunHarness(.of([.call("a"), .call("b", needs: [("a", .success)])]))
    run.claimAndNotice()
    run.batch([.paused(command: "p", .forTests)])
    #expect(run.machine.stateWord == "paused")
    #expect(run.machine.runReason(at: run.now) == .forTests)
    run.report(run.running.members[0], .succeeded(outputs: [:]))
    #expect(run.machine.tasks[1].phase.word == "ready")
    #expect(run.machine.nextReady(in: Self.pool) == nil)
    #expect(run.machine.reason(of: TaskPlace(1), at: run.now)?.code == "run-paused")
    run.batch([.resumed(command: "r")])
    #expect(run.machine.stateWord == "running")
    #expect(run.machine.tasks[1].phase.word == "dispatched")
    #expect(run.violations == [])
  }

  /// Goal: an offer that nobody has claimed is taken back; one that was claimed goes on.
  @Test(arguments: [false, true])
  func `an offer is taken back unless it was claimed`(isClaimed: Bool) {
    var run = RunHarness(.of([.call("a")]))
    if isClaimed { run.claim(TaskPlace(0)) }
    run.machine.forgetClaim()
    run.batch([.paused(command: "p", .forTests)])
    #expect(run.machine.tasks[0].phase.isWithdrawing)
    run.batch([.leaseRead(TaskKey("a"), Fence(1), run.leases.values.first)])
    #expect(run.machine.tasks[0].phase.word == (isClaimed ? "running" : "ready"))
    run.batch([.resumed(command: "r")])
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.rows[TaskPlace(0)]?.fence == Fence(isClaimed ? 1 : 2))
    #expect(run.outcome("a") == .succeeded)
    #expect(run.violations == [])
  }

  /// Goal: a run that is paused for days does not run into the time-out of its queue.
  @Test func `time in a queue counts anew from the resumption`() {
    var run = RunHarness(.of([.call("a", limits: TimeLimits(queue: .seconds(60)))]))
    run.batch([.paused(command: "p", .forTests)])
    run.batch([.leaseRead(TaskKey("a"), Fence(1), nil)])
    run.now = run.now + .seconds(86_400)
    run.batch([.timeReached])
    #expect(run.machine.tasks[0].phase.word == "ready")
    run.windowSize = 0
    run.batch([.resumed(command: "r")])
    let resumedAt = run.now
    run.restart()
    #expect(run.machine.deadline(of: TaskPlace(0)) == resumedAt + .seconds(60))
    run.now = resumedAt + .seconds(60)
    run.batch([.timeReached])
    #expect(run.outcome("a") == .timedOut)
  }

  @Test func `a paused run can be cancelled and killed`() {
    for event in [RunEvent.cancelled(command: "c", .forTests), .killed(command: "k", .forTests)] {
      var run = RunHarness(.of([.call("a"), .call("b", needs: [("a", .success)])]))
      run.batch([.paused(command: "p", .forTests)])
      run.batch([event])
      run.runToEnd { _ in .succeeded(outputs: [:]) }
      #expect(run.machine.run.phase == .ended(.cancelled))
      #expect(run.violations == [])
    }
  }

  /// Goal: what cleans up behind a run that was paused and cancelled runs, with nobody's help.
  @Test func `a paused run that is cancelled cleans up`() {
    var run = RunHarness(.of([.call("a")], finally: [.call("z")]))
    run.batch([.paused(command: "p", .forTests), .cancelled(command: "c", .forTests)])
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.machine.run.phase == .ended(.cancelled))
    #expect(run.outcome("z") == .succeeded)
    #expect(run.violations == [])
  }

  @Test func `commands that come again or too late change nothing`() {
    var run = RunHarness(.of([.call("a")]))
    run.batch([.paused(command: "p", .forTests)])
    run.batch([.resumed(command: "r")])
    run.batch([.paused(command: "p", .forTests)])
    #expect(!run.machine.run.isPaused)
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    let ended = run.machine.run
    run.batch([.paused(command: "p2", .forTests), .resumed(command: "r2")])
    #expect(run.machine.run == ended)
  }

  /// Goal: a run whose tasks found no room is found by whoever takes over.
  @Test func `tasks that wait for room are known to the next owner`() {
    var run = RunHarness(.of([.call("a"), .call("b")]))
    run.windowSize = 0
    run.claimAndNotice()
    run.report(run.running.members[0], .failed(exitCode: 1))
    run = RunHarness(.of([.call("a", attempts: 2)]))
    run.claimAndNotice()
    run.report(run.running.members[0], .failed(exitCode: 1))
    run.windowSize = 0
    run.now = run.now + .seconds(100)
    run.batch([.timeReached])
    #expect(run.machine.tasks[0].phase.word == "ready")
    #expect(run.runRowDeadline == run.runRow.createdAt)
    #expect(run.violations == [])
  }

  /// Goal: nothing is offered between the portions in which a large run is stopped.
  @Test func `a large run that stops offers nothing meanwhile`() throws {
    var run = RunHarness(.of([.call("a", forEach: try .numbers(60))]))
    run.batch([])
    run.batch([.cancelled(command: "c", .forTests)])
    run.runToEnd { _ in .succeeded(outputs: [:]) }
    #expect(run.violations == [])
    #expect(run.machine.run.phase == .ended(.cancelled))
  }

  @Test func `a quarantined run offers nothing and can be killed`() {
    var run = RunHarness(.of([.call("a"), .call("b")]))
    run.batch([.quarantined(.forTests)])
    run.restart()
    #expect(run.machine.readyPools.isEmpty)
    #expect(run.machine.nextReady(in: Self.pool) == nil)
    run.batch([.killed(command: "k", .forTests)])
    run.runToEnd { _ in .stopped }
    #expect(run.machine.run.phase == .ended(.cancelled))
  }
}

extension RunMachine {
  /// As when the claim was not heard of.
  fileprivate mutating func forgetClaim() {
    guard case .offered(let offer) = tasks[0].phase else { return }
    if offer.claim != nil { count("running", -1) }
    if offer.claim != nil { count("dispatched", 1) }
    if offer.claim != nil {
      watchWait(of: TaskPlace(0), in: plan.nodes[0].definition.pool, since: offer.at)
    }
    tasks[0].phase = .offered(Offer(at: offer.at))
  }
}

extension TaskPhase {
  fileprivate var isWithdrawing: Bool {
    if case .withdrawing = self { true } else { false }
  }
}

extension TaskKey {
  init(_ name: String) { self.init(TaskName(unchecked: name)) }
}
