/// Why the embedded store cannot be opened: what, why, and what helps.
public enum SQLiteOpenError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Another process works in the directory.
  case locked(String)
  /// The directory or the file cannot be made, read or written.
  case unusable(String)
  /// The file is damaged or is not ours.
  case damaged(String)
  /// The file was written by a newer version.
  case newerFormat(String)
  /// The tables in the file are not the declared ones.
  case mismatch(String)

  /// A sentence for people.
  public var message: String {
    switch self {
    case .locked(let message), .unusable(let message), .damaged(let message),
      .newerFormat(let message), .mismatch(let message):
      message
    }
  }

  public var description: String { message }
}
