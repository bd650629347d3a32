internal import CSQLite
internal import Ports

/// One connection with its prepared statements.
///
/// Unchecked: it is used by one thread at a time, the one that owns it.
final class SQLiteConnection: @unchecked Sendable {
  enum Access { case readWrite, readOnly }

  /// Statements kept prepared. There are as many as declared tables have operations; the limit only
  /// guards against a shape of query that was not thought of.
  private static let statementsMax = 1_024

  private let handle: OpaquePointer
  private var isOpen = true
  private var statements: [String: OpaquePointer] = [:]

  init(path: String) throws(EngineError) {
    var opened: OpaquePointer?
    let flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
      | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE
    let answer = sqlite3_open_v2(path, &opened, flags, nil)
    guard let opened else {
      throw .failed(SQLiteFailure(code: answer, message: "out of memory"))
    }
    guard answer == SQLITE_OK else {
      let failure = SQLiteFailure(code: answer, message: String(cString: sqlite3_errmsg(opened)))
      sqlite3_close_v2(opened)
      throw .failed(failure)
    }
    handle = opened
    millrace_sqlite_harden(opened)
  }

  deinit { close() }

  /// Closes the connection at once; nothing may be run any more.
  func close() {
    guard isOpen else { return }
    isOpen = false
    for statement in statements.values { sqlite3_finalize(statement) }
    statements.removeAll()
    sqlite3_close_v2(handle)
  }

  /// No transaction is open: none was begun, or SQLite rolled it back by itself.
  var isIdle: Bool { sqlite3_get_autocommit(handle) != 0 }

  /// Rows that the last INSERT, UPDATE or DELETE touched.
  var changes: Int { Int(sqlite3_changes64(handle)) }

  /// Runs one statement with its parameters filled in order and hands each row to `row`.
  func run(
    _ sql: String, _ values: [RecordValue] = [],
    _ row: (SQLiteRow) throws(EngineError) -> Void = { _ in }
  ) throws(EngineError) {
    precondition(isOpen, "a statement on a closed connection")
    let statement = try prepared(sql)
    // A statement that is not reset would keep its snapshot or its lock.
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (index, value) in values.enumerated() {
      try check(bind(value, to: statement, at: Int32(index + 1)))
    }
    while true {
      let answer = sqlite3_step(statement)
      switch answer {
      case SQLITE_ROW: try row(SQLiteRow(statement: statement))
      case SQLITE_DONE: return
      default: throw .failed(failure(answer))
      }
    }
  }

  /// The first column of the first row as a number.
  func number(_ sql: String, _ values: [RecordValue] = []) throws(EngineError) -> Int64? {
    var answer: Int64?
    try run(sql, values) { row in
      if answer == nil, !row.isNull(0) { answer = row.integer(0) }
    }
    return answer
  }

  /// The first column of the first row as text.
  func text(_ sql: String, _ values: [RecordValue] = []) throws(EngineError) -> String? {
    var answer: String?
    try run(sql, values) { row in
      if answer == nil, !row.isNull(0) { answer = row.text(0) }
    }
    return answer
  }

  /// Runs `body` on one state of the database. Outside of transactions only.
  func snapshot<Answer>(
    _ body: () throws(EngineError) -> Answer
  ) throws(EngineError) -> Answer {
    try run("BEGIN")
    do throws(EngineError) {
      let answer = try body()
      try run("COMMIT")
      return answer
    } catch {
      if !isIdle { try? run("ROLLBACK") }
      throw error
    }
  }

  private func prepared(_ sql: String) throws(EngineError) -> OpaquePointer {
    if let statement = statements[sql] { return statement }
    if statements.count >= SQLiteConnection.statementsMax {
      for statement in statements.values { sqlite3_finalize(statement) }
      statements.removeAll()
    }
    var statement: OpaquePointer?
    let answer = sqlite3_prepare_v3(
      handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard answer == SQLITE_OK, let statement else { throw .failed(failure(answer)) }
    statements[sql] = statement
    return statement
  }

  private func bind(
    _ value: RecordValue, to statement: OpaquePointer, at index: Int32
  ) -> Int32 {
    switch value {
    case .null:
      return sqlite3_bind_null(statement, index)
    case .integer(let number):
      return sqlite3_bind_int64(statement, index, number)
    case .text(var text):
      return text.withUTF8 { bytes in
        millrace_sqlite_bind_text(statement, index, bytes.baseAddress, Int32(clamping: bytes.count))
      }
    case .bytes(let bytes):
      return bytes.withUnsafeBytes { bytes in
        millrace_sqlite_bind_blob(statement, index, bytes.baseAddress, Int32(clamping: bytes.count))
      }
    }
  }

  private func check(_ answer: Int32) throws(EngineError) {
    guard answer == SQLITE_OK else { throw .failed(failure(answer)) }
  }

  private func failure(_ code: Int32) -> SQLiteFailure {
    SQLiteFailure(code: code, message: String(cString: sqlite3_errmsg(handle)))
  }
}
