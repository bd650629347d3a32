public import Domain
internal import Synchronization

/// Readers that wait for lines of an attempt, for archives that learn of them by what they write.
public final class LineWaiters: Sendable {
  private enum Phase {
    case registered
    case waiting(CheckedContinuation<Void, Never>)
    case woken
  }

  private struct Waiter {
    let attempt: AttemptID
    var phase: Phase
  }

  private struct State {
    var waiters: SortedMap<UInt64, Waiter> = [:]
    var lastID: UInt64 = 0
  }

  private let state = Mutex(State())
  private let time: any Time

  public init(_ time: any Time) {
    self.time = time
  }

  /// Waits until `wake` names the attempt, at most for `length`; not at all when `isReady`, which
  /// is asked after the reader has been registered, so that no lines slip through between.
  ///
  /// - Returns: whether it was ready or woken, and not only out of time.
  @discardableResult
  public func wait(
    for attempt: AttemptID, atMost length: Duration, isReady: () async -> Bool
  ) async -> Bool {
    let id = register(attempt)
    defer { forget(id) }
    if await isReady() { return true }
    let time = time
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.untilWoken(id) }
      group.addTask { try? await time.sleep(for: length) }
      await group.next()
      defer { group.cancelAll() }
      return isWoken(id)
    }
  }

  public func wake(_ attempts: SortedSet<AttemptID>) {
    let woken = state.withLock { state in
      state.waiters.filter { attempts.contains($0.value.attempt) }
        .compactMap { id, _ in LineWaiters.end(id, in: &state) }
    }
    for continuation in woken { continuation.resume() }
  }

  private func register(_ attempt: AttemptID) -> UInt64 {
    state.withLock { state in
      state.lastID += 1
      state.waiters[state.lastID] = Waiter(attempt: attempt, phase: .registered)
      return state.lastID
    }
  }

  private func isWoken(_ id: UInt64) -> Bool {
    state.withLock { state in
      if case .woken? = state.waiters[id]?.phase { return true }
      return false
    }
  }

  private func forget(_ id: UInt64) {
    state.withLock { _ = $0.waiters.removeValue(for: id) }
  }

  private func untilWoken(_ id: UInt64) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isWaiting = state.withLock { state in
          guard case .registered = state.waiters[id]?.phase else { return false }
          state.waiters[id]?.phase = .waiting(continuation)
          return true
        }
        if !isWaiting { continuation.resume() }
      }
    } onCancel: {
      state.withLock { LineWaiters.end(id, in: &$0) }?.resume()
    }
  }

  /// Marks the waiter as woken and answers whom to resume, if it waits already.
  private static func end(
    _ id: UInt64, in state: inout State
  ) -> CheckedContinuation<Void, Never>? {
    guard let waiter = state.waiters[id] else { return nil }
    state.waiters[id]?.phase = .woken
    guard case .waiting(let continuation) = waiter.phase else { return nil }
    return continuation
  }
}
