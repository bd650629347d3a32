internal import Ports
internal import Synchronization

/// Wakes the one task that waits for work. A wake before the wait is remembered, once.
final class WakeUp: Sendable {
  private struct State {
    var isSet = false
    var sleeper: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func wake() {
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
  func wait(atMost length: Duration, _ time: any Time) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await time.sleep(for: length) }
      group.addTask { await self.woken() }
      await group.next()
      group.cancelAll()
    }
  }

  private func woken() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.isSet {
            state.isSet = false
            return true
          }
          guard !Task.isCancelled else { return true }
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
