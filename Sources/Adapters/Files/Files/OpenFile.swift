internal import Glibc

/// An open file. Methods block.
final class OpenFile {
  private let descriptor: Int32
  private let path: String

  init(_ descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  func size() throws(FileFailure) -> Int64 { Int64(try facts().st_size) }

  /// Throws unless it is a plain file.
  func expectPlain() throws(FileFailure) {
    guard try facts().st_mode & S_IFMT == S_IFREG else {
      throw FileFailure(code: EINVAL, action: "reading \(path), which is no file")
    }
  }

  /// The bytes of a range; fewer when the file ends before.
  func bytes(_ range: Range<Int64>) throws(FileFailure) -> [UInt8] {
    var failure: FileFailure?
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while count < range.count, failure == nil {
        let got = pread(
          descriptor, buffer.baseAddress.map { $0 + count }, range.count - count,
          off_t(range.lowerBound) + count)
        if got == 0 { break }
        if got > 0 { count += got } else { failure = error(of: "reading") }
      }
    }
    if let failure { throw failure }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int64) throws(FileFailure) {
    var failure: FileFailure?
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count, failure == nil {
        let put = pwrite(
          descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
          off_t(offset) + done)
        if put >= 0 { done += put } else { failure = error(of: "writing") }
      }
    }
    if let failure { throw failure }
  }

  /// Makes what was written durable.
  func sync() throws(FileFailure) {
    guard fsync(descriptor) == 0 else {
      throw FileFailure(code: errno, action: "writing \(path)")
    }
  }

  /// Nil when the call was only interrupted.
  private func error(of action: String) -> FileFailure? {
    errno == EINTR ? nil : FileFailure(code: errno, action: "\(action) \(path)")
  }

  private func facts() throws(FileFailure) -> stat {
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else {
      throw FileFailure(code: errno, action: "reading \(path)")
    }
    return facts
  }
}
