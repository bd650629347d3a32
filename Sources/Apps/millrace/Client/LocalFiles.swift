internal import Glibc

/// Files of the user, read and written whole.
enum LocalFiles {
  static let bytesMax = 64 << 20

  /// - Throws: a failure that names the file and what is wrong with it. `-` is standard input.
  static func read(_ path: String) throws -> [UInt8] {
    let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw problem(path, "cannot be read") }
    defer { if descriptor != 0 { close(descriptor) } }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw problem(path, "cannot be read")
      }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= bytesMax else {
        throw Failure(.invalid, "\(path) is larger than \(bytesMax) bytes")
      }
    }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Writes a file whole or not at all: beside it first, then in its place.
  static func write(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
    let draft = path + ".draft\(getpid())"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw problem(path, "cannot be written") }
    fchmod(descriptor, mode)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else {
        close(descriptor)
        unlink(draft)
        throw problem(path, "cannot be written")
      }
      rest = rest.dropFirst(max(count, 0))
    }
    close(descriptor)
    guard rename(draft, path) == 0 else {
      unlink(draft)
      throw problem(path, "cannot be written")
    }
  }

  /// Makes a folder and those above it, for the user alone.
  static func makeFolder(_ path: String) throws {
    guard !exists(path) else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeFolder(String(path[..<slash]))
    }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw problem(path, "cannot be made")
    }
  }

  static func remove(_ path: String) { unlink(path) }

  private static func problem(_ path: String, _ what: String) -> Failure {
    let why = String(cString: strerror(errno))
    return Failure(
      errno == ENOENT ? .notFound : .failed, "\(path) \(what): \(why)",
      hint: errno == ENOENT ? "check the name" : "check its permissions and the room on the disk")
  }
}
