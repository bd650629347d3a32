internal import CLinux
internal import Domain
internal import Glibc
internal import Synchronization
internal import SystemAdapter

/// A directory that this process alone works in, from `claim` until `release`.
final class DataDirectory: Sendable {
  let path: String
  private let lock: Mutex<Int32?>

  /// Makes the directory with its parents (mode 0700) and locks it. Blocks for at most `wait`.
  ///
  /// The system drops the lock with the process, whatever way it ends.
  static func claim(_ path: String, wait: Duration) throws(SQLiteOpenError) -> DataDirectory {
    try make(path)
    let deadline = monotonicMicroseconds() + wait.wholeMicroseconds
    while true {
      let answer = millrace_lock_file(path + "/lock")
      if answer >= 0 { return DataDirectory(path: path, lock: answer) }
      guard -answer == EWOULDBLOCK else {
        throw .unusable(
          "\(path) cannot be used: \(String(cString: strerror(-answer))). Check that it is a "
            + "directory which this user may write, or name another one with --data")
      }
      guard monotonicMicroseconds() < deadline else { break }
      pause(microseconds: 20_000)
    }
    throw .locked(
      "\(path) is in use by another millrace process\(holder(path)): stop that one, or name "
        + "another directory with --data")
  }

  private init(path: String, lock: Int32) {
    self.path = path
    self.lock = Mutex(lock)
    // Only for the message of the next one that tries.
    let mark = [UInt8]("\(getpid())\n".utf8)
    ftruncate(lock, 0)
    pwrite(lock, mark, mark.count, 0)
  }

  deinit { release() }

  /// Lets others in.
  func release() {
    let descriptor = lock.withLock { lock -> Int32? in
      defer { lock = nil }
      return lock
    }
    if let descriptor { close(descriptor) }
  }

  private static func make(_ path: String) throws(SQLiteOpenError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += made.isEmpty || made == "/" ? String(part) : "/" + part
      guard mkdir(made, 0o700) != 0, errno != EEXIST, errno != EISDIR else { continue }
      let cause = errno
      // Parents that exist may refuse to be made for another reason, such as a read-only system.
      var facts = stat()
      if stat(made, &facts) == 0 { continue }
      throw .unusable(
        "the directory \(made) cannot be made: \(String(cString: strerror(cause))). Check its "
          + "parent, or name another directory with --data")
    }
  }

  /// Blocks this thread, which is the engine's own.
  private static func pause(microseconds: Int64) {
    let end = monotonicMicroseconds() + microseconds
    Monitor(()).wait { _ in monotonicMicroseconds() >= end ? .done(()) : .waitUntil(end) }
  }

  private static func holder(_ path: String) -> String {
    let file = open(path + "/lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = read(file, &bytes, bytes.count)
    guard count > 0, let number = Int(String(decoding: bytes.prefix(count - 1), as: UTF8.self))
    else { return "" }
    return " (process \(number))"
  }
}
