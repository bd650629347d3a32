internal import Glibc

/// A file of text that a program reads.
enum TextFile {
  static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else {
      throw Bench.Failed(description: "cannot write \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw Bench.Failed(description: "cannot write \(path)")
    }
  }
}
