internal import Glibc

/// Whole files, small ones.
enum Files {
  static let bytesMax = 8 << 20

  static func read(_ path: String) throws(Refusal) -> [UInt8] {
    guard let file = fopen(path, "r") else { throw refusal(path, "cannot be read") }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard count <= bytesMax else {
      throw Refusal("\(path) has more than \(bytesMax) bytes", fix: "is it a bundle?", code: .file)
    }
    return Array(bytes.prefix(count))
  }

  /// Makes the folders above as well.
  static func write(_ path: String, _ text: String) throws(Refusal) {
    var made = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      made += part + "/"
      mkdir(made, 0o755)
    }
    guard let file = fopen(path, "w") else { throw refusal(path, "cannot be written") }
    let count = fwrite(text, 1, text.utf8.count, file)
    guard fclose(file) == 0, count == text.utf8.count else {
      throw refusal(path, "cannot be written")
    }
  }

  private static func refusal(_ path: String, _ what: String) -> Refusal {
    Refusal(
      "\(path) \(what): \(String(cString: strerror(errno)))", fix: "check its name and permissions",
      code: .file)
  }
}
