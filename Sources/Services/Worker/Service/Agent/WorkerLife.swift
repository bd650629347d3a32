internal import Ports
internal import Synchronization

/// The task that a worker runs in, from its start to its end.
final class WorkerLife: Sendable {
  private struct State {
    var task: (any Spawned)?
    var isKilled = false
    var hasEnded = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func begin(_ task: any Spawned) {
    let isKilled = state.withLock { state in
      state.task = task
      return state.isKilled
    }
    if isKilled { task.cancel() }
  }

  func end() {
    let waiting = state.withLock { state in
      state.hasEnded = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  func kill() {
    let task = state.withLock { state in
      state.isKilled = true
      return state.task
    }
    task?.cancel()
  }

  /// Returns at the end and not before: whoever waits may be cancelled and has to see it through.
  func ended() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.hasEnded { state.waiting.append(continuation) }
        return state.hasEnded
      }
      if isOver { continuation.resume() }
    }
  }
}
