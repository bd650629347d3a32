internal import Glibc

/// Finds programs as a shell would.
enum ProgramSearch {
  enum Answer: Hashable {
    case found(String)
    case notFound
    /// Something is there that cannot be executed.
    case notExecutable(String)
  }

  /// A name with a slash is a path, from the work directory on; any other is looked up in the
  /// absolute directories of `path`.
  static func find(_ name: String, in path: String) -> Answer {
    if name.utf8.contains(UInt8(ascii: "/")) { return .found(name) }
    guard !name.isEmpty else { return .notFound }
    var answer = Answer.notFound
    for directory in path.split(separator: ":") where directory.hasPrefix("/") {
      let candidate = "\(directory)/\(name)"
      guard isFile(candidate) else { continue }
      if access(candidate, X_OK) == 0 { return .found(candidate) }
      if answer == .notFound { answer = .notExecutable(candidate) }
    }
    return answer
  }

  private static func isFile(_ path: String) -> Bool {
    var about = stat()
    return stat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFREG
  }
}
