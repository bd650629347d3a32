internal import Domain
internal import Ports
internal import Synchronization

/// One instant that may be moved while somebody waits for it.
final class Alarm: Sendable {
  private struct State {
    var at: Uptime?
    var version = 0
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func set(_ instant: Uptime?) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.at != instant else { return nil }
      state.at = instant
      state.version += 1
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// True when the instant has come; false when it was moved or the task is cancelled.
  func wait(_ time: any Time) async -> Bool {
    let (at, version) = state.withLock { ($0.at, $0.version) }
    if let at, time.uptime() >= at {
      // Spent: the next one must be set anew.
      state.withLock { state in if state.version == version { state.at = nil } }
      return true
    }
    return await withTaskGroup(of: Bool.self) { group in
      if let at {
        group.addTask {
          (try? await time.sleep(until: at)) != nil
        }
      }
      group.addTask {
        await self.moved(since: version)
        return false
      }
      let first = await group.next() ?? false
      group.cancelAll()
      if first { self.state.withLock { state in if state.version == version { state.at = nil } } }
      return first
    }
  }

  private func moved(since version: Int) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          guard state.version == version, !Task.isCancelled else { return true }
          state.waiter = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume()
    }
  }
}
