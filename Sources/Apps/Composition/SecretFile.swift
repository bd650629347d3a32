internal import Glibc

/// A file with a secret of 32 bytes that only its owner reads.
enum SecretFile {
  static let length = 32

  /// What the file holds; made with fresh bytes when there is none.
  static func bytes(at path: String, fresh: [UInt8]) throws(StartFailure) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    if file >= 0 {
      defer { close(file) }
      return try read(file, path)
    }
    guard errno == ENOENT else { throw failure(path, "cannot be opened") }
    try write(fresh, to: path)
    return fresh
  }

  /// What the file holds.
  static func bytes(at path: String) throws(StartFailure) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else {
      throw StartFailure(
        "\(path) cannot be opened: \(strerror(errno).map { String(cString: $0) } ?? "")",
        hint: "make it once by: head -c \(length) /dev/urandom > FILE; chmod 600 FILE")
    }
    defer { close(file) }
    return try read(file, path)
  }

  /// The first line of a file that only its owner reads.
  static func line(at path: String) throws(StartFailure) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { throw failure(path, "cannot be opened") }
    defer { close(file) }
    try checkOwner(file, path)
    var bytes = [UInt8](repeating: 0, count: lineBytesMax)
    let count = Glibc.read(file, &bytes, bytes.count)
    let line = bytes.prefix(max(count, 0)).prefix { $0 != UInt8(ascii: "\n") }
    guard !line.isEmpty else {
      throw StartFailure("\(path) is empty", hint: "write what it shall hold into its first line")
    }
    return String(decoding: line, as: UTF8.self)
  }

  private static let lineBytesMax = 4_096

  private static func checkOwner(_ file: Int32, _ path: String) throws(StartFailure) {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure(path, "cannot be looked at") }
    guard status.st_mode & 0o077 == 0 else {
      throw StartFailure(
        "\(path) can be read by others than its owner", hint: "chmod 600 \(path)")
    }
  }

  private static func read(_ file: Int32, _ path: String) throws(StartFailure) -> [UInt8] {
    try checkOwner(file, path)
    var bytes = [UInt8](repeating: 0, count: length + 1)
    let count = Glibc.read(file, &bytes, bytes.count)
    guard count == length else {
      throw StartFailure(
        "\(path) holds no secret of \(length) bytes",
        hint: "restore it from a backup; without it nobody stays signed in")
    }
    return [UInt8](bytes.prefix(length))
  }

  /// Under another name first, so that a half written file is never taken for a whole one.
  private static func write(_ bytes: [UInt8], to path: String) throws(StartFailure) {
    let draft = path + ".new"
    unlink(draft)
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure(path, "cannot be made") }
    let isWritten = Glibc.write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
    close(file)
    guard isWritten, rename(draft, path) == 0 else {
      unlink(draft)
      throw failure(path, "cannot be written")
    }
  }

  private static func failure(_ path: String, _ what: String) -> StartFailure {
    let why = strerror(errno).map { String(cString: $0) } ?? "unknown"
    return StartFailure(
      "\(path) \(what): \(why)", hint: "check the folder's permissions and the room on its disk")
  }
}
