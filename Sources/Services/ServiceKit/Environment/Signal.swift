public import Ports
internal import Synchronization

/// Wakes the one task that waits for it. A wake before the wait is remembered, once.
public final class Signal: Sendable {
  private struct State {
    var isSet = false
    var sleeper: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  public init() {}

  public func wake() {
    let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard let sleeper = state.sleeper else {
        state.isSet = true
        return nil
      }
      state.sleeper = nil
      return sleeper
    }
    sleeper?.resume()
  }

  /// Returns after a wake, after `length`, or when the task is cancelled.
  public func wait(atMost length: Duration, _ time: any Time) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await time.sleep(for: length) }
      group.addTask { await self.wait() }
      await group.next()
      group.cancelAll()
    }
  }

  /// Returns after a wake, or when the task is cancelled.
  public func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.isSet || Task.isCancelled {
            state.isSet = false
            return true
          }
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
