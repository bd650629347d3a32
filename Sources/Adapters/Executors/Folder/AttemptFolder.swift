internal import CLinux
internal import Domain
internal import Glibc
internal import Ports
internal import SystemAdapter

/// The work directory of one attempt as a folder of files. The disk is waited for on threads of the
/// executor.
final class AttemptFolder: WorkFolder {
  /// Entries and levels that a search looks at.
  static let entriesMax = 200_000
  static let depthMax = 64

  let directory: AttemptDirectory
  private let pool: BlockingPool
  private let launcher: LauncherSlot
  private let loop: EventLoop
  private let whenRemoved: @Sendable () -> Void

  init(
    _ directory: AttemptDirectory, _ pool: BlockingPool, _ launcher: LauncherSlot, loop: EventLoop,
    whenRemoved: @escaping @Sendable () -> Void
  ) {
    self.directory = directory
    self.pool = pool
    self.launcher = launcher
    self.loop = loop
    self.whenRemoved = whenRemoved
  }

  func find(
    _ pattern: PathPattern, filesMax: Int
  ) async throws(WorkFolderError) -> (files: [WorkFile], isTruncated: Bool) {
    let root = directory.work
    return try await onThread { () throws(SystemFailure) in
      var search = FolderSearch(pattern)
      try search.run(in: root)
      let files = search.found.sorted { one, other in
        one.path.utf8.lexicographicallyPrecedes(other.path.utf8)
      }
      return (Array(files.prefix(filesMax)), search.isTruncated || files.count > filesMax)
    }
  }

  func read(_ path: String, _ range: Range<Int64>) async throws(WorkFolderError) -> [UInt8] {
    let root = directory.work
    return try await onThread { () throws(SystemFailure) in
      let file = try FolderPath(path, below: root).open(O_RDONLY | O_NONBLOCK)
      defer { close(file) }
      var about = stat()
      guard fstat(file, &about) == 0, about.st_mode & S_IFMT == S_IFREG else {
        throw SystemFailure(EINVAL, "reading \(path), which is no plain file,")
      }
      return try FolderPath.bytes(of: file, range, path)
    }
  }

  func write(
    _ path: String, _ bytes: [UInt8], at offset: Int64
  ) async throws(WorkFolderError) {
    let root = directory.work
    try await onThread { () throws(SystemFailure) in
      let place = try FolderPath(path, below: root)
      let flags = offset == 0 ? O_WRONLY | O_CREAT | O_EXCL : O_WRONLY
      let file = try place.open(flags, makesFolders: offset == 0)
      defer { close(file) }
      var done = 0
      while done < bytes.count {
        let count = bytes.withUnsafeBytes { buffer in
          pwrite(
            file, buffer.baseAddress.map { $0 + done }, bytes.count - done,
            off_t(offset) + off_t(done))
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .last("writing \(path)") }
        done += count
      }
    }
  }

  func remove() async {
    whenRemoved()
    await launcher.remove(directory.path, loop: loop)
  }

  private func onThread<Answer: Sendable>(
    _ body: @escaping @Sendable () throws(SystemFailure) -> Answer
  ) async throws(WorkFolderError) -> Answer {
    let result: Result<Answer, SystemFailure>
    do throws(BlockingPool.Refusal) {
      result = try await pool.run { () -> Result<Answer, SystemFailure> in
        do throws(SystemFailure) {
          return .success(try body())
        } catch {
          return .failure(error)
        }
      }
    } catch {
      throw WorkFolderError("too many files are read and written at once")
    }
    switch result {
    case .success(let answer): return answer
    case .failure(let failure): throw WorkFolderError(failure.text)
    }
  }
}
