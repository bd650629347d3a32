internal import Synchronization

/// An answer that one task waits for and any thread gives; the first one counts.
public final class PendingAnswer<Answer: Sendable>: Sendable {
  private enum State {
    case waiting(CheckedContinuation<Answer, Never>)
    case early(Answer)
    case over
  }

  private let state = Mutex<State?>(nil)

  public init() {}

  /// Waits. Once, by one task.
  public func value(beginning begin: () -> Void = {}) async -> Answer {
    await withCheckedContinuation { continuation in
      let early: Answer? = state.withLock { state in
        if case .early(let answer)? = state {
          state = .over
          return answer
        }
        state = .waiting(continuation)
        return nil
      }
      if let early { return continuation.resume(returning: early) }
      begin()
    }
  }

  public func end(_ answer: Answer) {
    let waiting: CheckedContinuation<Answer, Never>? = state.withLock { state in
      switch state {
      case nil:
        state = .early(answer)
        return nil
      case .waiting(let continuation)?:
        state = .over
        return continuation
      case .early?, .over?:
        return nil
      }
    }
    waiting?.resume(returning: answer)
  }
}
