internal import CLinux
internal import Glibc

/// A path below a folder that is opened step by step, never through a link.
struct FolderPath {
  private let root: String
  private let names: [String]

  init(_ path: String, below root: String) throws(SystemFailure) {
    let names = path.split(separator: "/").map(String.init)
    guard !names.isEmpty, path.utf8.first != UInt8(ascii: "/"), !path.utf8.contains(0),
      !names.contains(".."), !names.contains(".")
    else {
      throw SystemFailure(EINVAL, "opening a file that lies elsewhere")
    }
    self.root = root
    self.names = names
  }

  /// A descriptor that the caller closes.
  func open(_ flags: Int32, makesFolders: Bool = false) throws(SystemFailure) -> Int32 {
    var folder = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard folder >= 0 else { throw .last("opening the task's folder") }
    defer { close(folder) }
    for name in names.dropLast() {
      if makesFolders, mkdirat(folder, name, 0o700) != 0, errno != EEXIST {
        throw .last("making \(name)")
      }
      let next = millrace_open_at(folder, name, O_RDONLY | O_DIRECTORY, 0)
      guard next >= 0 else { throw SystemFailure(-next, "opening \(name)") }
      close(folder)
      folder = next
    }
    let name = names.last ?? ""
    let file = millrace_open_at(folder, name, flags, 0o700)
    guard file >= 0 else { throw SystemFailure(-file, "opening \(name)") }
    return file
  }

  /// Fewer bytes when the file ends before.
  static func bytes(
    of file: Int32, _ range: Range<Int64>, _ path: String
  ) throws(SystemFailure) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
      while filled < range.count {
        let count = pread(
          file, buffer.baseAddress.map { $0 + filled }, range.count - filled,
          off_t(range.lowerBound) + off_t(filled))
        if count < 0, errno == EINTR { continue }
        if count < 0 { code = errno }
        if count <= 0 { return }
        filled += count
      }
    }
    guard code == 0 else { throw SystemFailure(code, "reading \(path)") }
    return bytes
  }
}
