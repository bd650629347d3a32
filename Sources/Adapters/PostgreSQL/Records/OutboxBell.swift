internal import Domain
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// Wakes pumps when a commit of this process has messages for their shard. Commits of others are
/// found when the wait is over.
final class OutboxBell: Sendable {
  private struct Waiter {
    var shard: String
    var continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    /// Shards that were found empty, with nothing committed since.
    var empty: Set<String> = []
    var rings: UInt64 = 0
    var waiters: [UInt64: Waiter] = [:]
    var nextID: UInt64 = 0
  }

  private let state = Mutex(State())
  private let alarms: Alarms

  init(_ loop: EventLoop, _ time: any Time) {
    alarms = Alarms(loop, time)
  }

  /// Messages for these shards may have been committed.
  func ring(_ shards: [String]) {
    guard !shards.isEmpty else { return }
    let woken: [(UInt64, Waiter)] = state.withLock { state in
      state.rings += 1
      for shard in shards { state.empty.remove(shard) }
      let woken = state.waiters.filter { shards.contains($0.value.shard) }
      for id in woken.keys { state.waiters[id] = nil }
      return woken.map { ($0.key, $0.value) }
    }
    for (id, waiter) in woken {
      alarms.cancel(id)
      waiter.continuation.resume()
    }
  }

  /// To be given to `foundEmpty` after a look.
  func mark() -> UInt64 { state.withLock(\.rings) }

  func foundEmpty(_ shard: String, since mark: UInt64) {
    state.withLock { state in
      if state.rings == mark { state.empty.insert(shard) }
    }
  }

  /// Returns when the shard may have messages, after the length, or when the task is cancelled.
  func wait(for shard: String, within length: Duration) async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          // Another process may have written what this one has not seen.
          guard state.empty.remove(shard) != nil, !Task.isCancelled else { return true }
          state.waiters[id] = Waiter(shard: shard, continuation: continuation)
          return false
        }
        if isDue { return continuation.resume() }
        alarms.set(id, after: length) { self.end(id) }
      }
    } onCancel: {
      alarms.cancel(id)
      end(id)
    }
  }

  private func end(_ id: UInt64) {
    let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
    waiter?.continuation.resume()
  }
}

/// Timers of a loop by number, for those who are not on it.
private final class Alarms: @unchecked Sendable {
  private let loop: EventLoop
  private let time: any Time
  // Touched on the loop only.
  private var timers: [UInt64: LoopTimer] = [:]

  init(_ loop: EventLoop, _ time: any Time) {
    self.loop = loop
    self.time = time
  }

  func set(_ id: UInt64, after length: Duration, _ action: @escaping @Sendable () -> Void) {
    let instant = time.uptime() + length
    loop.perform {
      let timer = LoopTimer(on: self.loop) { [weak self] _ in
        self?.timers[id] = nil
        action()
      }
      self.timers[id] = timer
      timer.set(to: instant)
    }
  }

  func cancel(_ id: UInt64) {
    loop.perform { self.timers.removeValue(forKey: id)?.cancel() }
  }
}
