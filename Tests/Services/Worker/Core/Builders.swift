import Domain

@testable import WorkerCore

/// Valid defaults; a test names only what matters to it.
enum Sample {
  static let run = RunID(SortableID(high: 1 << 40, low: 7))
  static let session = SessionID(SortableID(high: 1 << 41, low: 1))
  static let nextSession = SessionID(SortableID(high: 1 << 41, low: 2))
  static let terms = SessionTerms(lease: .seconds(30), beatEvery: .seconds(1))

  static func attempt(_ number: Int, fence: Int = 1) -> AttemptID {
    AttemptID(
      run: run, task: TaskKey(TaskName(unchecked: "task"), index: number), fence: Fence(fence))
  }

  static func at(_ seconds: Int64) -> Uptime { Uptime(microseconds: seconds * 1_000_000) }
  static func at(milliseconds: Int64) -> Uptime { Uptime(microseconds: milliseconds * 1_000) }

  static func execution(_ ending: AttemptEnding) -> EndedExecution {
    EndedExecution(
      ending: ending, startedAt: .start, endedAt: .start + .seconds(1), logLines: 3)
  }

  static let succeeded = execution(.succeeded(outputs: [:]))
  static let failed = execution(.failed(exitCode: 1, reason: reason("exit-code")))
  static let stopped = execution(.stopped(reason("stopped")))

  static func reason(_ code: String) -> Reason {
    Reason(code: code, message: "for the test", since: .start)
  }

  static func result(_ number: Int) -> AttemptResult {
    AttemptResult(
      attempt: attempt(number), session: session, verdict: .succeeded(outputs: [:]),
      startedAt: .start, endedAt: .start, logLines: 0)
  }

  /// A worker with an open session at second 0, its first claim for `slots` under way.
  static func openWorker(slots: Int = 2, _ change: (inout WorkerLimits) -> Void = { _ in })
    -> Worker
  {
    var limits = WorkerLimits(slotsMax: slots)
    change(&limits)
    var worker = Worker(limits)
    _ = worker.apply(.started, at: at(0))
    _ = worker.apply(.sessionNamed(session), at: at(0))
    _ = worker.apply(.sessionOpened(session, terms), at: at(0))
    return worker
  }

  /// As above, with these attempts claimed and started.
  static func busyWorker(
    _ numbers: [Int], slots: Int = 2, limits: AttemptLimits = AttemptLimits(),
    _ change: (inout WorkerLimits) -> Void = { _ in }
  ) -> Worker {
    var worker = openWorker(slots: slots, change)
    let items = numbers.map { ClaimedItem(attempt($0), .yours(limits)) }
    _ = worker.apply(.claimAnswered(session, items, isSessionOver: false), at: at(0))
    for number in numbers { _ = worker.apply(.executionStarted(attempt(number)), at: at(0)) }
    return worker
  }
}

extension [WorkerEffect] {
  var beats: [Beat] {
    compactMap { effect in
      if case .beat(let beat) = effect { beat } else { nil }
    }
  }

  var published: [AttemptResult] {
    compactMap { effect in
      if case .publish(let result) = effect { result } else { nil }
    }
  }
}
