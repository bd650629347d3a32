internal import Domain
internal import SystemAdapter

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
  let answer = PendingAnswer<Outcome>()

  init(_ calls: [ServerCall], isWrite: Bool, until deadline: Uptime) {
    self.calls = calls
    self.isWrite = isWrite
    self.deadline = deadline
  }

  func end(_ outcome: Outcome) { answer.end(outcome) }
}
