internal import CLinux
internal import Domain
internal import Glibc
internal import Ports

/// Walks a folder for the plain files that a pattern takes. Links, devices and names that are not
/// UTF-8 are passed over.
struct FolderSearch {
  private(set) var found: [WorkFile] = []
  private(set) var isTruncated = false
  private let pattern: PathPattern
  private var seen = 0

  init(_ pattern: PathPattern) {
    self.pattern = pattern
  }

  mutating func run(in root: String) throws(SystemFailure) {
    let folder = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard folder >= 0 else { throw .last("opening the task's folder") }
    walk(folder, "", depth: 0)
  }

  /// Takes the descriptor over. What cannot be read is passed over.
  private mutating func walk(_ folder: Int32, _ prefix: String, depth: Int) {
    guard let stream = fdopendir(folder) else {
      close(folder)
      return
    }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      seen += 1
      guard seen <= AttemptFolder.entriesMax else {
        isTruncated = true
        return
      }
      let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard let name = String(validating: bytes, as: UTF8.self), name != ".", name != ".." else {
        continue
      }
      var about = stat()
      guard fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      let path = prefix + name
      switch about.st_mode & S_IFMT {
      case S_IFREG:
        if pattern.takes(path) { found.append(WorkFile(path: path, size: Int64(about.st_size))) }
      case S_IFDIR:
        guard depth < AttemptFolder.depthMax else {
          isTruncated = true
          continue
        }
        let next = millrace_open_at(folder, name, O_RDONLY | O_DIRECTORY, 0)
        if next >= 0 { walk(next, path + "/", depth: depth + 1) }
      default:
        break
      }
    }
  }
}
