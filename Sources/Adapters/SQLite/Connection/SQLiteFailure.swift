internal import CSQLite

/// What SQLite answered instead of SQLITE_OK.
struct SQLiteFailure: Hashable {
  /// The extended result code.
  let code: Int32
  let message: String

  /// The primary result code.
  var primary: Int32 { code & 0xff }

  var isDiskFull: Bool { primary == SQLITE_FULL }
  var isUniqueTaken: Bool { millrace_sqlite_is_unique_taken(code) != 0 }
  /// Raised by COMMIT, says that the commit record was not written: the disk was full or another
  /// program held the file.
  var isCertainlyNotCommitted: Bool { isDiskFull || primary == SQLITE_BUSY }
  /// The file holds something that no correct program wrote.
  var isDamage: Bool { primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB }

  /// What happened and what helps, for people.
  func explained(file: String) -> String {
    if isDiskFull { return "no room left for \(file): free disk space; nothing was written" }
    if isDamage {
      return "\(file) is damaged (\(message)): stop the platform, then restore the file from a "
        + "backup or move it away to start anew"
    }
    switch primary {
    case SQLITE_BUSY, SQLITE_LOCKED:
      return "another program holds \(file): close it"
    case SQLITE_READONLY:
      return "\(file) cannot be written: check its permissions and its file system"
    case SQLITE_IOERR:
      return "reading or writing \(file) failed (\(message)): check the disk"
    default:
      return "\(file): \(message)"
    }
  }
}
