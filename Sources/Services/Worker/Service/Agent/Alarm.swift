internal import Domain
internal import Ports
internal import Synchronization

/// One instant that may be moved while somebody waits for it.
///
/// Moving it later wakes nobody: the sleeper looks again when the earlier instant has come. So the
/// deadlines that move with every event cost nothing.
final class Alarm: Sendable {
  private struct State {
    var at: Uptime?
    /// What the sleeper sleeps for; nil while it does not sleep or has nothing to sleep for.
    var asleepUntil: Uptime?
    var sleeper: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func set(_ instant: Uptime?) {
    let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.at = instant
      guard let instant, state.sleeper != nil, instant < state.asleepUntil ?? .distantFuture
      else { return nil }
      defer { state.sleeper = nil }
      return state.sleeper
    }
    sleeper?.resume()
  }

  /// Returns when the instant has come, which is spent then, or when the task is cancelled.
  func wait(_ time: any Time) async {
    while !Task.isCancelled {
      let at = state.withLock { state -> Uptime? in
        guard let at = state.at else { return .distantFuture }
        guard time.uptime() >= at else { return at }
        state.at = nil
        return nil
      }
      guard let at else { return }
      await sleep(until: at, time)
    }
  }

  /// Returns at the instant, or earlier when the alarm is set to an earlier one.
  private func sleep(until instant: Uptime, _ time: any Time) async {
    await withTaskGroup(of: Void.self) { group in
      if instant < .distantFuture {
        group.addTask { try? await time.sleep(until: instant) }
      }
      group.addTask { await self.moved(before: instant) }
      await group.next()
      group.cancelAll()
    }
  }

  private func moved(before instant: Uptime) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if let at = state.at, at < instant { return true }
          guard !Task.isCancelled else { return true }
          state.asleepUntil = instant
          state.sleeper = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        defer { state.sleeper = nil }
        return state.sleeper
      }
      sleeper?.resume()
    }
  }
}
