import Glibc

/// A directory of one test, removed with its content at the end.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    var template = [CChar]("/tmp/millrace-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { remove(directory: path) }
}

private func remove(directory path: String) {
  if let entries = opendir(path) {
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      if unlink(path + "/" + name) != 0 { remove(directory: path + "/" + name) }
    }
    closedir(entries)
  }
  rmdir(path)
}

/// A call of the system that failed.
struct SystemFailure: Error {
  let call: String
  let code: Int32

  init(_ call: String) {
    self.call = call
    code = errno
  }
}

/// Writes `bytes` over the file at `offset`; makes the file when it is not there.
func overwrite(_ path: String, at offset: Int, _ bytes: [UInt8]) throws {
  let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
  guard file >= 0 else { throw SystemFailure("open") }
  defer { close(file) }
  guard pwrite(file, bytes, bytes.count, offset) == bytes.count else {
    throw SystemFailure("pwrite")
  }
}
