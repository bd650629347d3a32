internal import Domain
internal import Glibc

/// The files of one attempt: its work directory, a directory for temporary files, and beside them
/// what is not the task's business to see in a listing.
struct AttemptDirectory: Sendable {
  let path: String

  /// The current directory of the task, and its HOME.
  var work: String { path + "/work" }
  var temporary: String { path + "/tmp" }
  var script: String { path + "/script" }
  /// The variables of a container, for the engine to read.
  var environment: String { path + "/environment" }
  /// Where the task may write its outputs.
  var outputs: String { path + "/outputs" }

  init(for attempt: AttemptID, in root: WorkRoot) throws(SystemFailure) {
    let index = attempt.task.index.map { "-\($0)" } ?? ""
    let name = "\(attempt.run)-\(attempt.task.name)\(index)-\(attempt.fence)"
    path = root.path + "/" + String(name.map { $0 == "/" ? "_" : $0 })
    for directory in [path, work, temporary] where mkdir(directory, 0o700) != 0 {
      throw .last("creating \(directory)")
    }
  }

  /// Writes the text to a file that its owner can execute.
  func writeScript(_ text: String) throws(SystemFailure) {
    try write(text, to: script, mode: 0o700)
  }

  /// Writes the text to a file that was not there.
  func write(_ text: String, to path: String, mode: mode_t = 0o600) throws(SystemFailure) {
    let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard file >= 0 else { throw .last("creating \(path)") }
    defer { close(file) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .last("writing \(path)") }
      rest = rest.dropFirst(count)
    }
  }

  /// What the task wrote as outputs, at most one byte more than `bytesMax`; nothing when it wrote
  /// none. Whatever else it put there is not followed.
  func readOutputs(bytesMax: Int) throws(SystemFailure) -> [UInt8] {
    let file = Glibc.open(outputs, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    if file < 0, errno == ENOENT { return [] }
    guard file >= 0 else { throw .last("opening the file of outputs") }
    defer { close(file) }
    var about = stat()
    guard fstat(file, &about) == 0, about.st_mode & S_IFMT == S_IFREG else {
      throw SystemFailure(EINVAL, "reading the outputs, which are no plain file,")
    }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count <= bytesMax {
      let count = read(file, &piece, min(piece.count, bytesMax + 1 - bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last("reading the file of outputs") }
      if count == 0 { break }
      bytes += piece.prefix(count)
    }
    return bytes
  }
}
