internal import Glibc

/// A process whose standard output is read to its end.
enum ChildProcess {
  /// What it printed, without the last line break.
  static func output(of arguments: [String]) throws -> String {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw failed("pipe", errno) }
    _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[1])
    var vector: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for text in vector { free(text) } }
    var child: pid_t = 0
    let code = posix_spawnp(&child, arguments.first ?? "", &actions, nil, &vector, environ)
    close(ends[1])
    guard code == 0 else { throw failed("start", code) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(ends[0], &buffer, buffer.count)
      if count > 0 { bytes += buffer[..<count] } else if count == 0 || errno != EINTR { break }
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else {
      throw Bench.Failed(description: "the process ended with status \(status)")
    }
    while bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func failed(_ what: String, _ code: Int32) -> Bench.Failed {
    Bench.Failed(description: "cannot \(what): \(String(cString: strerror(code)))")
  }
}

/// A new folder that is gone after the measurement.
struct Folder: Sendable {
  let path: String

  init(in directory: String) throws {
    mkdir(directory, 0o755)
    var template = Array((directory + "/run-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      let why = String(cString: strerror(errno))
      throw Bench.Failed(
        description: "cannot make a folder in \(directory): \(why); pass another with --data DIR")
    }
    path = template.withUnsafeBufferPointer { bytes in
      String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  func remove() {
    Folder.remove(path)
  }

  private static func remove(_ path: String) {
    guard let folder = opendir(path) else {
      unlink(path)
      return
    }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { remove(path + "/" + name) }
    }
    closedir(folder)
    rmdir(path)
  }
}
