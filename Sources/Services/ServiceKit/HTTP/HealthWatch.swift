internal import Domain
internal import Ports
internal import Synchronization

/// Whether everything that a process needs answers. It is looked at now and then, so that the log
/// says when something goes away and comes back, and when somebody asks.
public final class HealthWatch: Sendable {
  /// Something that a process needs.
  public struct Check: Sendable {
    public var name: String
    /// What is wrong with it; nil when it answers.
    public var fault: @Sendable () async -> String?

    public init(_ name: String, fault: @escaping @Sendable () async -> String?) {
      self.name = name
      self.fault = fault
    }
  }

  private struct State {
    var lookedAt: Uptime?
    /// Until everything was looked at once, nothing is known to answer.
    var isKnown = false
    var faults: SortedMap<String, String> = [:]
    /// What has been asked and has not answered yet.
    var busy: SortedSet<String> = []
  }

  /// Between two looks when nobody asks.
  public static let lookEvery = Duration.seconds(5)
  /// Nobody makes it look more often, since anybody may ask.
  static let lookAtMostEvery = Duration.seconds(1)
  /// What has not answered by then is away.
  static let answerWithin = Duration.seconds(2)
  private static let silence = "it does not answer within \(answerWithin)"

  private let checks: [Check]
  private let context: ServiceContext
  private let state = Mutex(State())

  public init(_ checks: [Check], context: ServiceContext) {
    self.checks = checks
    self.context = context
  }

  /// Looks now and then until the task is cancelled.
  public func run() async {
    while !Task.isCancelled {
      _ = await missing()
      try? await context.time.sleep(for: HealthWatch.lookEvery)
    }
  }

  /// The names of what does not answer. Why is in the log: whoever asks may be anybody.
  func missing() async -> [String] {
    let now = context.time.uptime()
    let isDue = state.withLock { state in
      if let last = state.lookedAt, now - last < HealthWatch.lookAtMostEvery { return false }
      state.lookedAt = now
      return true
    }
    if isDue {
      for check in checks { note(check.name, await fault(of: check)) }
      state.withLock { $0.isKnown = true }
    }
    return state.withLock { state in
      state.isKnown ? state.faults.keys : checks.map(\.name)
    }
  }

  /// What is wrong with it, or that it does not answer. One that goes on for longer is not asked
  /// again before it has ended: it may hold a thread.
  private func fault(of check: Check) async -> String? {
    let isBusy = state.withLock { !$0.busy.insert(check.name) }
    guard !isBusy else { return HealthWatch.silence }
    let answer = FirstAnswer<String?>()
    context.spawner.spawn("health.\(check.name)") {
      answer.give(await check.fault())
      self.state.withLock { state in _ = state.busy.remove(check.name) }
    }
    let patience = context.spawner.spawn("health.patience") { [time = context.time] in
      try? await time.sleep(for: HealthWatch.answerWithin)
      answer.give(HealthWatch.silence)
    }
    defer { patience.cancel() }
    return await answer.value()
  }

  private func note(_ name: String, _ fault: String?) {
    let before = state.withLock { state in
      defer { state.faults[name] = fault }
      return state.faults[name]
    }
    if let fault, before == nil {
      context.telemetry.log(.error, "health.red", [("needs", name), ("error", fault)])
    } else if fault == nil, before != nil {
      context.telemetry.log(.info, "health.green", [("needs", name)])
    }
  }
}
