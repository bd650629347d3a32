import CSQLite

/// Runs one statement on the store's file, as another program would.
func makeForeign(_ directory: String, _ sql: String) throws {
  var handle: OpaquePointer?
  defer { sqlite3_close(handle) }
  guard sqlite3_open(directory + "/millrace.db", &handle) == SQLITE_OK,
    sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK
  else { throw SystemFailure("sqlite3_exec") }
}
