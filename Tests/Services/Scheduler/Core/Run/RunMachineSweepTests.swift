import Domain
import Testing

@testable import SchedulerCore

/// Every phase of a task against every event: what becomes of it is written down once, here.
@Suite struct RunMachineSweepTests {
  /// A single task brought into a phase by the shortest history.
  enum Start: String, CaseIterable {
    case ready, offered, claimed, withdrawing, stopping, backoff, succeeded, cancelled
    case takenBack, overridden

    func run() -> RunHarness {
      let limits = TimeLimits(queue: .seconds(600), total: .seconds(900))
      var run = RunHarness(.of([.call("a", attempts: 2, limits: limits)]))
      switch self {
      case .ready:
        run.machine = RunMachine(starting: run.runRow, plan: run.plan)
        _ = run.machine.apply(.workContinued(rowsMax: 10), at: run.now)
      case .offered:
        break
      case .claimed:
        run.claimAndNotice()
      case .withdrawing:
        run.batch([.cancelled(command: "c", .forTests)])
      case .stopping:
        run.claimAndNotice()
        run.batch([.cancelled(command: "c", .forTests)])
      case .backoff:
        run.claimAndNotice()
        run.report(run.running.members[0], .failed(exitCode: 1))
      case .succeeded:
        run.claimAndNotice()
        run.report(run.running.members[0], .succeeded(outputs: [:]))
      case .cancelled:
        run.batch([.cancelled(command: "c", .forTests)])
        run.batch([.leaseRead(Self.key, Fence(1), nil)])
      case .takenBack:
        run.batch([.paused(command: "c", .forTests)])
      case .overridden:
        run.claimAndNotice()
        run.batch([.overridden(command: "c", Self.key, Happening.override)])
      }
      return run
    }

    static let key = TaskKey(TaskName(unchecked: "a"))
  }

  enum Happening: String, CaseIterable {
    case succeeded, failed, timedOut, stopped, lost, wrongFence, claimed, leaseAbsent, leaseFound
    case offered, cancelled, killed, queueTimeout, totalTimeout, paused, resumed, overridden

    static let override = TaskOverride(.skipped, reason: .forTests)

    func event(_ run: RunHarness) -> RunEvent {
      let fence = Fence(max(run.machine.task(at: TaskPlace(0))?.fence.number ?? 1, 1))
      let claim = Claim(session: SessionID(SortableID(high: 3, low: 3)), worker: "w", at: run.now)
      func ended(_ result: AttemptReport.Result, _ fence: Fence) -> RunEvent {
        .attemptEnded(Start.key, fence, AttemptReport(result, endedAt: run.now))
      }
      return switch self {
      case .succeeded: ended(.succeeded(outputs: [:]), fence)
      case .failed: ended(.failed(exitCode: 1), fence)
      case .timedOut: ended(.timedOut, fence)
      case .stopped: ended(.stopped, fence)
      case .lost: ended(.lost, fence)
      case .wrongFence: ended(.succeeded(outputs: [:]), fence.next)
      case .claimed: .claimed(Start.key, fence, claim)
      case .leaseAbsent: .leaseRead(Start.key, fence, nil)
      case .leaseFound: .leaseRead(Start.key, fence, claim)
      case .offered: .offered(TaskPlace(0))
      case .cancelled: .cancelled(command: "x", .forTests)
      case .killed: .killed(command: "y", .forTests)
      case .queueTimeout, .totalTimeout: .timeReached
      case .paused: .paused(command: "p", .forTests)
      case .resumed: .resumed(command: "r")
      case .overridden: .overridden(command: "o", Start.key, Self.override)
      }
    }

    var wait: Duration {
      switch self {
      case .queueTimeout: .seconds(600)
      case .totalTimeout: .seconds(900)
      default: .zero
      }
    }
  }

  /// What becomes of each start; what is not named stays as it is.
  static let table: [Start: [Happening: String]] = [
    .ready: [
      .offered: "dispatched", .cancelled: "cancelled", .killed: "cancelled",
      .queueTimeout: "timedOut", .totalTimeout: "timedOut", .overridden: "skipped",
    ],
    .offered: [
      .succeeded: "succeeded", .failed: "backoff", .timedOut: "backoff", .stopped: "backoff",
      .lost: "backoff", .claimed: "running", .cancelled: "dispatched", .killed: "dispatched",
      .queueTimeout: "dispatched", .totalTimeout: "dispatched",
    ],
    .claimed: [
      .succeeded: "succeeded", .failed: "backoff", .timedOut: "backoff", .stopped: "backoff",
      .lost: "backoff", .cancelled: "running", .killed: "running", .totalTimeout: "running",
      .overridden: "running",
    ],
    .withdrawing: [
      .succeeded: "succeeded", .failed: "cancelled", .timedOut: "cancelled",
      .stopped: "cancelled", .lost: "cancelled", .leaseAbsent: "cancelled",
      .leaseFound: "running", .killed: "dispatched",
    ],
    .stopping: [
      .succeeded: "succeeded", .failed: "cancelled", .timedOut: "cancelled",
      .stopped: "cancelled", .lost: "cancelled", .killed: "running",
    ],
    .backoff: [
      .cancelled: "cancelled", .killed: "cancelled", .queueTimeout: "ready",
      .totalTimeout: "timedOut", .overridden: "skipped",
    ],
    .takenBack: [
      .succeeded: "succeeded", .failed: "backoff", .timedOut: "backoff", .stopped: "backoff",
      .lost: "backoff", .leaseAbsent: "ready", .leaseFound: "running",
    ],
    .overridden: [
      .succeeded: "succeeded", .failed: "skipped", .timedOut: "skipped", .stopped: "skipped",
      .lost: "skipped", .killed: "running",
    ],
    .succeeded: [:],
    .cancelled: [:],
  ]

  @Test(arguments: Start.allCases, Happening.allCases)
  func `every event in every phase does what the table says`(
    start: Start, happening: Happening
  ) {
    var run = start.run()
    let before = run.machine.tasks[0]
    let now = run.now + happening.wait
    let first = run.machine.apply(happening.event(run), at: now)
    let more = run.machine.apply(.workContinued(rowsMax: 10), at: now)
    let expected = Self.table[start]?[happening] ?? before.phase.word
    #expect(run.machine.tasks[0].phase.word == expected)
    // Whatever changed is stored, and nothing is stored that did not change.
    let isStored = (first + more).contains(.storeTask(TaskPlace(0)))
    let isNoticeOnly = happening == .claimed
    #expect(isStored == (run.machine.tasks[0].revision != before.revision))
    #expect(
      isStored || run.machine.tasks[0] == before || isNoticeOnly || start.isOfferCheck(happening))
  }
}

extension RunMachineSweepTests.Start {
  /// A check of an offer moves the next check, in memory only.
  fileprivate func isOfferCheck(_ happening: RunMachineSweepTests.Happening) -> Bool {
    (self == .withdrawing || self == .offered || self == .takenBack)
      && (happening == .queueTimeout || happening == .totalTimeout)
  }
}

extension RunHarness {
  mutating func claimAndNotice() {
    claim(TaskPlace(0))
    guard let attempt = running.first, let claim = leases[attempt] else { return }
    batch([.claimed(attempt.task, attempt.fence, claim)])
  }
}
