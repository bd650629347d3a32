public import Domain

/// The clocks of one process.
///
/// `now` is wall time: it may step in both directions and differs between processes; use it for
/// what people see and for deadlines that are stored. `uptime` never goes back and never jumps
/// while the process runs; use it to judge silence. The two may disagree about how much time has
/// passed.
public protocol Time: Sendable {
  func now() -> Moment
  func uptime() -> Uptime

  /// Returns at `instant` or later, never earlier; at once when it has passed.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  func sleep(until instant: Uptime) async throws(CancellationError)
}

extension Time {
  /// Sleeps for a length of time, counted from now.
  public func sleep(for length: Duration) async throws(CancellationError) {
    try await sleep(until: uptime() + length)
  }
}
