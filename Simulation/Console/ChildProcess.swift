internal import Glibc
internal import Synchronization

/// This program once more, with another environment, read line by line.
///
/// Worlds run in children: what abandoned tasks keep is given back with the process, and a world
/// that takes its process down takes nothing else with it.
final class ChildProcess {
  private let process: pid_t
  private let output: Int32
  private var buffer: [UInt8] = []
  /// A child that is started between a pipe and its flags would keep the pipe open.
  private static let starting = Mutex(())

  /// - Parameter variable: added to the environment, `NAME=VALUE`.
  init(_ variable: String) throws(Refusal) {
    let started = ChildProcess.starting.withLock { _ in ChildProcess.start(variable) }
    guard let started else {
      throw Refusal(
        "no child can be started: \(String(cString: strerror(errno)))",
        fix: "are there too many processes or open files?", code: .crash)
    }
    (process, output) = started
  }

  private static func start(_ variable: String) -> (pid_t, Int32)? {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = [strdup(variable)]
    var place = Glibc.environ
    while let entry = place.pointee {
      variables.append(strdup(entry))
      place += 1
    }
    variables.append(nil)
    defer {
      for text in arguments + variables { free(text) }
    }
    var process: pid_t = 0
    let code = posix_spawn(
      &process, "/proc/self/exe", &actions, nil, &arguments, &variables)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      errno = code
      return nil
    }
    return (process, ends[0])
  }

  /// Nil at the end.
  func nextLine() -> [UInt8]? {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeFirst(end + 1)
        return line
      }
      var part = [UInt8](repeating: 0, count: 64 << 10)
      let count = read(output, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      buffer += part.prefix(count)
    }
  }

  /// Waits for its end.
  ///
  /// - Returns: why it died; nil when it ended by itself, and well.
  func wait() -> String? {
    close(output)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    if signal != 0 { return "its process was ended by \(String(cString: strsignal(signal)))" }
    let code = (status >> 8) & 0xff
    return code == 0 ? nil : "its process ended with \(code)"
  }

  func kill() { _ = Glibc.kill(process, SIGKILL) }
}
