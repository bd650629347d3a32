internal import Synchronization
internal import SystemAdapter

/// The threads of an engine, so that closing can wait for the last one to end.
final class ThreadCount: Sendable {
  private struct State {
    var running = 0
    var isOver = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  private let lastEnded: @Sendable () -> Void

  /// - Parameter lastEnded: runs on the last thread, before `ended` returns.
  init(lastEnded: @escaping @Sendable () -> Void) {
    self.lastEnded = lastEnded
  }

  func start(
    _ name: String, _ body: @escaping @Sendable () -> Void
  ) throws(OwnThread.Refused) {
    state.withLock { $0.running += 1 }
    do throws(OwnThread.Refused) {
      try OwnThread(name) {
        body()
        self.end()
      }.detach()
    } catch {
      end()
      throw error
    }
  }

  /// Returns once no thread runs any more.
  func ended() async {
    await withCheckedContinuation { waiter in
      let isOver = state.withLock { state in
        if !state.isOver { state.waiters.append(waiter) }
        return state.isOver
      }
      if isOver { waiter.resume() }
    }
  }

  private func end() {
    let isLast = state.withLock { state in
      state.running -= 1
      return state.running == 0
    }
    guard isLast else { return }
    lastEnded()
    let waiters = state.withLock { state in
      state.isOver = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
