internal import Glibc

/// A file of the user that is read piece by piece.
final class FileReader: Sendable {
  let size: Int64
  private let path: String
  private let descriptor: Int32

  /// - Throws: a failure that names the file and what is wrong with it.
  init(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    var about = stat()
    guard descriptor >= 0, fstat(descriptor, &about) == 0 else {
      let why = String(cString: strerror(errno))
      let isAbsent = errno == ENOENT
      if descriptor >= 0 { close(descriptor) }
      throw Failure(
        isAbsent ? .notFound : .failed, "\(path) cannot be read: \(why)", hint: "check the name")
    }
    guard about.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw Failure(.invalid, "\(path) is no plain file", hint: "pack a folder into one file")
    }
    self.path = path
    self.descriptor = descriptor
    size = Int64(about.st_size)
  }

  deinit { close(descriptor) }

  /// Fewer bytes only at the end of the file.
  func bytes(at place: Int64, count: Int) throws -> [UInt8] {
    let wanted = Int(clamping: min(Int64(count), max(size - place, 0)))
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      while filled < wanted {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + filled }, wanted - filled,
          off_t(place) + off_t(filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failed = true }
        if got <= 0 { break }
        filled += got
      }
    }
    guard !failed, bytes.count == wanted else { throw changed }
    return bytes
  }

  var changed: Failure {
    Failure(.failed, "\(path) changed while it was read", hint: "try again when it is at rest")
  }
}

/// A file in the making: beside its place until it is whole.
final class FileDraft: Sendable {
  private let path: String
  private let draft: String
  private let descriptor: Int32

  init(_ path: String) throws {
    self.path = path
    draft = path + ".draft\(getpid())"
    descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw FileDraft.failure(path) }
  }

  deinit { close(descriptor) }

  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 || errno == EINTR else { throw FileDraft.failure(path) }
      rest = rest.dropFirst(max(count, 0))
    }
  }

  func finish() throws {
    guard rename(draft, path) == 0 else { throw FileDraft.failure(path) }
  }

  func discard() { unlink(draft) }

  private static func failure(_ path: String) -> Failure {
    Failure(
      .failed, "\(path) cannot be written: \(String(cString: strerror(errno)))",
      hint: "check its permissions and the room on the disk")
  }
}
