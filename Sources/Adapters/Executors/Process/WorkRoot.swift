internal import Glibc
internal import Synchronization

/// The directory under which the attempts of this process have theirs.
///
/// A lock file beside it says that its process lives; what processes left that do not is removed at
/// the next start.
final class WorkRoot: Sendable {
  let path: String
  /// The directory that this one shares with those of other processes.
  let shared: String
  private let lock: Int32
  private static let counter = Atomic<Int>(0)

  /// - Returns: the root, and the directories of processes that have gone.
  static func open(in directory: String) throws(SystemFailure) -> (WorkRoot, leftovers: [String]) {
    try makeDirectories(directory)
    let directory = try absolute(directory)
    let leftovers = try abandoned(in: directory)
    for _ in 0..<10_000 {
      let count = counter.wrappingAdd(1, ordering: .relaxed).newValue
      if let root = try WorkRoot(directory, "worker-\(getpid())-\(count)") {
        return (root, leftovers)
      }
    }
    throw SystemFailure(EEXIST, "finding a name for a work directory in \(directory)")
  }

  /// Nil when the name is taken.
  private init?(_ directory: String, _ name: String) throws(SystemFailure) {
    shared = directory
    path = "\(directory)/\(name)"
    let lockPath = path + ".lock"
    lock = Glibc.open(lockPath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else {
      if errno == EEXIST { return nil }
      throw .last("creating \(lockPath)")
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0, WorkRoot.isStill(lock, at: lockPath) else {
      close(lock)
      return nil
    }
    guard mkdir(path, 0o700) == 0 else {
      if errno == EEXIST { return nil }
      throw .last("creating \(path)")
    }
  }

  /// Gives up the directory, which must be empty.
  func leave() {
    rmdir(path)
    unlink(path + ".lock")
  }

  deinit { if lock >= 0 { close(lock) } }

  /// Processes are started elsewhere, so that a path from here would mean nothing to them.
  private static func absolute(_ path: String) throws(SystemFailure) -> String {
    guard let resolved = realpath(path, nil) else { throw .last("finding \(path)") }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func makeDirectories(_ path: String) throws(SystemFailure) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      if mkdir(made, 0o700) != 0, errno != EEXIST { throw .last("creating \(made)") }
    }
  }

  private static func abandoned(in directory: String) throws(SystemFailure) -> [String] {
    guard let list = opendir(directory) else { throw .last("reading \(directory)") }
    defer { closedir(list) }
    var found: [String] = []
    while let entry = readdir(list) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix("worker-"), name.hasSuffix(".lock") else { continue }
      let lockPath = "\(directory)/\(name)"
      let lock = Glibc.open(lockPath, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
      guard lock >= 0 else { continue }
      defer { close(lock) }
      guard flock(lock, LOCK_EX | LOCK_NB) == 0, isStill(lock, at: lockPath) else { continue }
      found.append("\(directory)/\(name.dropLast(".lock".count))")
      unlink(lockPath)
    }
    return found.sorted()
  }

  /// Whether the path still names the open file: its name may have been taken away in between.
  private static func isStill(_ descriptor: Int32, at path: String) -> Bool {
    var (open, named) = (stat(), stat())
    return fstat(descriptor, &open) == 0 && lstat(path, &named) == 0
      && open.st_ino == named.st_ino && open.st_dev == named.st_dev
  }
}
