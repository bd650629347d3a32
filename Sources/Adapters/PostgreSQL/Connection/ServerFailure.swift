/// Why an exchange with the server came to nothing.
enum ServerFailure: Error, Hashable, Sendable {
  /// The server refused a statement: its transaction is undone.
  case refused(SQLState, String, constraint: String)
  /// The connection was lost, or no answer came in time, after the exchange had been sent: what it
  /// wrote may have taken effect or may yet.
  case lost(String)
  /// Nothing was sent.
  case unreachable(String)
}

/// The code of an error (PostgreSQL, Appendix A).
struct SQLState: Hashable, Sendable, ExpressibleByStringLiteral {
  var text: String
  init(_ text: String) { self.text = text }
  init(stringLiteral text: String) { self.text = text }

  static let uniqueViolation: SQLState = "23505"
  static let serializationFailure: SQLState = "40001"
  static let deadlockDetected: SQLState = "40P01"
  static let lockNotAvailable: SQLState = "55P03"
  static let undefinedTable: SQLState = "42P01"
  /// Ours: rows are not as the batch expects them.
  static let unexpected: SQLState = "MR001"
  /// Ours: a unique column would change.
  static let fixedColumn: SQLState = "MR002"

  /// Another transaction was in the way: read again and decide again.
  var isConflict: Bool {
    [.serializationFailure, .deadlockDetected, .lockNotAvailable, .unexpected].contains(self)
  }

  /// The server is full, ends, or has no room: it may work later.
  var mayPass: Bool {
    ["53", "57", "58", "08", "25"].contains(String(text.prefix(2)))
  }
}
