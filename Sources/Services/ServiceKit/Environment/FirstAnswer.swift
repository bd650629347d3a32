internal import Synchronization

/// The first of several answers, for one who waits for it.
public final class FirstAnswer<Answer: Sendable>: Sendable {
  private enum State {
    case open(CheckedContinuation<Answer, Never>?)
    case given(Answer)
  }

  private let state = Mutex(State.open(nil))

  public init() {}

  /// Counts unless there is an answer already.
  public func give(_ answer: Answer) {
    let waiting = state.withLock { state -> CheckedContinuation<Answer, Never>? in
      guard case .open(let waiting) = state else { return nil }
      state = .given(answer)
      return waiting
    }
    waiting?.resume(returning: answer)
  }

  /// Waits for it; cancellation is not noticed. For one caller.
  public func value() async -> Answer {
    await withCheckedContinuation { continuation in
      let early = state.withLock { state -> Answer? in
        if case .given(let answer) = state { return answer }
        state = .open(continuation)
        return nil
      }
      if let early { continuation.resume(returning: early) }
    }
  }
}
