internal import Domain
internal import Synchronization

/// Wakes those who wait for lines of an attempt.
final class LineBell: Sendable {
  struct Ring: Hashable, Sendable {
    var attempt: AttemptID
    var number: Int
  }

  private struct Waiter {
    var number: Int
    var hasRung = false
    var continuation: CheckedContinuation<Void, Never>?
  }

  private struct State {
    var next = 0
    var waiters: SortedMap<AttemptID, [Waiter]> = [:]
  }

  private let state = Mutex(State())

  /// From now on a ring is not missed.
  func listen(to attempt: AttemptID) -> Ring {
    state.withLock { state in
      state.next += 1
      state.waiters[attempt, default: []].append(Waiter(number: state.next))
      return Ring(attempt: attempt, number: state.next)
    }
  }

  func wait(for ring: Ring) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard !Task.isCancelled,
            let place = state.waiters[ring.attempt]?.firstIndex(where: { $0.number == ring.number }
            ),
            state.waiters[ring.attempt]?[place].hasRung == false
          else { return true }
          state.waiters[ring.attempt, default: []][place].continuation = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      forget(ring)
    }
  }

  func ring(_ attempts: [AttemptID]) {
    let rung = state.withLock { state in
      var rung: [CheckedContinuation<Void, Never>] = []
      for attempt in attempts where state.waiters[attempt] != nil {
        state.waiters.update(attempt) { waiters in
          for index in waiters.indices {
            waiters[index].hasRung = true
            if let continuation = waiters[index].continuation { rung.append(continuation) }
            waiters[index].continuation = nil
          }
        }
      }
      return rung
    }
    for continuation in rung { continuation.resume() }
  }

  /// Nobody waits for this ring any more.
  func forget(_ ring: Ring) {
    let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard let waiters = state.waiters[ring.attempt],
        let place = waiters.firstIndex(where: { $0.number == ring.number })
      else { return nil }
      let rest = waiters.filter { $0.number != ring.number }
      state.waiters[ring.attempt] = rest.isEmpty ? nil : rest
      return waiters[place].continuation
    }
    continuation?.resume()
  }
}
