internal import Domain
internal import Synchronization

/// Calls that go to the server together, in one transaction, and whoever waits for what comes back.
///
/// The first answer counts: that of the server, of the end of its connection, or of whoever does
/// not want to wait any more.
final class Exchange: Sendable {
  typealias Outcome = Result<[ServerAnswer], ServerFailure>

  private enum State {
    case waiting(CheckedContinuation<Outcome, Never>)
    case early(Outcome)
    case over
  }

  let calls: [ServerCall]
  /// Whether it may have had an effect when its answer is lost.
  let isWrite: Bool
  let deadline: Uptime
  private let state = Mutex<State?>(nil)

  init(_ calls: [ServerCall], isWrite: Bool, until deadline: Uptime) {
    self.calls = calls
    self.isWrite = isWrite
    self.deadline = deadline
  }

  func wait(_ continuation: CheckedContinuation<Outcome, Never>) {
    let early: Outcome? = state.withLock { state in
      if case .early(let outcome)? = state {
        state = .over
        return outcome
      }
      state = .waiting(continuation)
      return nil
    }
    if let early { continuation.resume(returning: early) }
  }

  func end(_ outcome: Outcome) {
    let waiting: CheckedContinuation<Outcome, Never>? = state.withLock { state in
      switch state {
      case nil:
        state = .early(outcome)
        return nil
      case .waiting(let continuation)?:
        state = .over
        return continuation
      case .early?, .over?:
        return nil
      }
    }
    waiting?.resume(returning: outcome)
  }
}
