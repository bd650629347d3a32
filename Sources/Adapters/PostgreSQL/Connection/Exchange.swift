internal import Domain
internal import Synchronization

/// Calls that go to the server together, in one transaction, and whoever waits for what comes back.
///
/// The first answer counts: that of the server, of the end of its connection, or of whoever does
/// not want to wait any more.
final class Exchange: Sendable {
  typealias Outcome = Result<[ServerAnswer], ServerFailure>

  let calls: [ServerCall]
  /// Whether it may have had an effect when its answer is lost.
  let isWrite: Bool
  let deadline: Uptime
  private let answer: Mutex<(@Sendable (Outcome) -> Void)?>

  /// - Parameter answer: told once, on whatever thread the end comes from.
  init(
    _ calls: [ServerCall], isWrite: Bool, until deadline: Uptime,
    _ answer: @escaping @Sendable (Outcome) -> Void
  ) {
    self.calls = calls
    self.isWrite = isWrite
    self.deadline = deadline
    self.answer = Mutex(answer)
  }

  func end(_ outcome: Outcome) {
    let tell = answer.withLock { answer in
      defer { answer = nil }
      return answer
    }
    tell?(outcome)
  }
}
