internal import Domain
internal import Glibc

/// The file format: what a connection must know and what a file must say of itself.
enum DatabaseFile {
  /// Grows when an older program could not work with the file any more.
  static let formatVersion: Int64 = 1
  /// "MLRC" in the header, so that a file of another program is never taken for ours.
  static let applicationID: Int64 = 0x4d4c_5243
  static let memoryPath = ":memory:"

  /// Opens the connection that writes; the first one on a file, so it also judges it.
  static func openWriter(
    _ path: String, _ configuration: SQLiteConfiguration
  ) throws(SQLiteOpenError) -> SQLiteConnection {
    let connection = try explaining(path) { () throws(EngineError) in
      let connection = try SQLiteConnection(path: path)
      try configure(connection, configuration)
      return connection
    }
    let isFresh = try judge(connection, path)
    try explaining(path) { () throws(EngineError) in
      try connection.run("PRAGMA journal_mode = WAL")
      // Durable when COMMIT returns, not only consistent.
      try connection.run("PRAGMA synchronous = FULL")
      try connection.run("PRAGMA wal_autocheckpoint = \(configuration.checkpointPages)")
      try connection.run("PRAGMA max_page_count = \(configuration.pagesMax)")
      guard isFresh else { return }
      try connection.run("BEGIN IMMEDIATE")
      try connection.run("PRAGMA application_id = \(applicationID)")
      try connection.run("PRAGMA user_version = \(formatVersion)")
      try connection.run("COMMIT")
    }
    if !isFresh { try inspect(connection, path, configuration) }
    return connection
  }

  /// Opens a connection that only reads; the file must have been judged.
  static func openReader(
    _ path: String, _ configuration: SQLiteConfiguration
  ) throws(SQLiteOpenError) -> SQLiteConnection {
    try explaining(path) { () throws(EngineError) in
      let connection = try SQLiteConnection(path: path)
      try configure(connection, configuration)
      try connection.run("PRAGMA query_only = ON")
      return connection
    }
  }

  private static func configure(
    _ connection: SQLiteConnection, _ configuration: SQLiteConfiguration
  ) throws(EngineError) {
    try connection.run("PRAGMA busy_timeout = \(configuration.busyWait.wholeMilliseconds)")
    try connection.run("PRAGMA cell_size_check = ON")
    try connection.run("PRAGMA cache_size = -\(configuration.cacheBytesMax >> 10)")
    try connection.run("PRAGMA temp_store = MEMORY")
  }

  /// True when the file is new. Throws unless it is ours and not from the future.
  private static func judge(
    _ connection: SQLiteConnection, _ path: String
  ) throws(SQLiteOpenError) -> Bool {
    let (owner, version, tables) = try explaining(path) { () throws(EngineError) in
      (
        try connection.number("PRAGMA application_id") ?? 0,
        try connection.number("PRAGMA user_version") ?? 0,
        try connection.number("SELECT count(*) FROM sqlite_schema") ?? 0
      )
    }
    if owner == 0, version == 0, tables == 0 { return true }
    guard owner == applicationID else {
      throw .damaged(
        "\(path) is a database of another program: name another directory with --data")
    }
    guard version <= formatVersion else {
      throw .newerFormat(
        "\(path) has format \(version) and this program knows formats up to \(formatVersion): use "
          + "the newer program that wrote it, or name another directory with --data")
    }
    return false
  }

  /// Looks for damage, in files small enough that nobody waits for it.
  private static func inspect(
    _ connection: SQLiteConnection, _ path: String, _ configuration: SQLiteConfiguration
  ) throws(SQLiteOpenError) {
    var facts = stat()
    guard stat(path, &facts) == 0, Int64(facts.st_size) <= configuration.checkedBytesMax
    else { return }
    let verdict = try explaining(path) { () throws(EngineError) in
      try connection.text("PRAGMA quick_check(1)") ?? "no answer"
    }
    guard verdict == "ok" else {
      let firstLine = verdict.split(separator: "\n").last.map(String.init) ?? verdict
      throw .damaged(
        "\(path) is damaged (\(firstLine)): restore it from a backup, or move it away to start anew"
      )
    }
  }

  private static func explaining<Answer>(
    _ path: String, _ body: () throws(EngineError) -> Answer
  ) throws(SQLiteOpenError) -> Answer {
    do throws(EngineError) {
      return try body()
    } catch {
      guard case .failed(let failure) = error else { throw .unusable("\(path): \(error)") }
      let message = failure.explained(file: path)
      throw failure.isDamage ? .damaged(message) : .unusable(message)
    }
  }
}
