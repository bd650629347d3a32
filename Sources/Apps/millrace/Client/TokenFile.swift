internal import Glibc

/// A token in a file of its own, which nobody else may read.
enum TokenFile {
  /// - Throws: a failure that names the file, what is wrong with it and how to mend it.
  static func read(_ path: String) throws -> String {
    try checkPrivate(path)
    let text = String(decoding: try LocalFiles.read(path), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline)
    guard lines.count == 1, let token = lines.first,
      token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else {
      throw Failure(
        .notAllowed, "\(path) holds no token", hint: "a token is one line of visible characters")
    }
    return String(token)
  }

  /// Refuses a file that others could have read: its token is no secret any more.
  static func checkPrivate(_ path: String) throws {
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return }
    guard facts.st_mode & 0o077 == 0 else {
      throw Failure(
        .notAllowed, "others may read or change \(path), which holds a token",
        hint: "chmod 600 \(path); if it was shared, restart the server for a new token")
    }
  }
}
