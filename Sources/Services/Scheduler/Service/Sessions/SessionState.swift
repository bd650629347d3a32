internal import Contracts

/// The words of a session's state.
enum SessionState {
  static let open = "open"
  /// Takes no new work.
  static let draining = "draining"
  /// Final: it may hold nothing any more. What it held is lost.
  static let expired = "expired"
}

extension SessionRecord {
  var isOver: Bool { state == SessionState.expired }
}
