internal import Synchronization

/// The first of several answers; later ones are dropped.
final class Race<Answer: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Answer, Never>)
    case won(Answer)
  }

  private let state = Mutex(State.open)

  func finish(_ answer: Answer) {
    let waiting = state.withLock { state -> CheckedContinuation<Answer, Never>? in
      switch state {
      case .open:
        state = .won(answer)
        return nil
      case .awaited(let continuation):
        state = .won(answer)
        return continuation
      case .won:
        return nil
      }
    }
    waiting?.resume(returning: answer)
  }

  /// Waits for the first answer; asked for once.
  var winner: Answer {
    get async {
      await withCheckedContinuation { continuation in
        let answer = state.withLock { state -> Answer? in
          if case .won(let answer) = state { return answer }
          state = .awaited(continuation)
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    }
  }
}
