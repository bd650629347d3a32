internal import CLinux
internal import Glibc

/// The small process that starts process trees for this one; see `millrace_process.h`.
///
/// It lives until this object is gone and its last tree has ended, and dies with this process.
final class ProcessLauncher: Sendable {
  private let socket: Int32
  private let level: Int32
  let pid: Int32

  var containment: Containment { Containment(level: level) }

  /// Blocks for some milliseconds.
  ///
  /// - Parameter levelMin: the best level to try; tests ask for a worse one than there is.
  init(levelMin: Int32) throws(SystemFailure) {
    var (socket, pid, level): (Int32, pid_t, Int32) = (-1, 0, 0)
    let code = millrace_launcher_start(levelMin, &socket, &pid, &level)
    guard code == 0 else { throw SystemFailure(code, "starting the process launcher") }
    self.socket = socket
    self.pid = pid
    self.level = level
  }

  deinit { close(socket) }

  /// - Throws: a failure with `EPIPE` when the launcher has gone.
  func launch(_ order: ProcessOrder) throws(SystemFailure) -> ProcessTree {
    let bytes = order.encoded()
    var tree = millrace_tree()
    let code = millrace_tree_launch(socket, level, bytes, bytes.count, &tree)
    guard code == 0 else { throw SystemFailure(code, "asking for a process") }
    return ProcessTree(tree)
  }

  /// Starts to remove a directory; the descriptor reports like that of a tree.
  func remove(_ path: String) throws(SystemFailure) -> Descriptor {
    var status: Int32 = -1
    let code = millrace_directory_remove(socket, path, &status)
    guard code == 0 else { throw SystemFailure(code, "asking to remove \(path)") }
    return Descriptor(status)
  }
}

/// A system call that failed.
struct SystemFailure: Error, Hashable, Sendable {
  var code: Int32
  var doing: String

  init(_ code: Int32, _ doing: String) {
    self.code = code
    self.doing = doing
  }

  /// The number of the last failure in this thread.
  static func last(_ doing: String) -> SystemFailure { SystemFailure(errno, doing) }

  var text: String { "\(doing) failed: \(SystemFailure.text(of: code))" }

  static func text(of code: Int32) -> String { String(cString: strerror(code)) }
}

/// A descriptor that is closed with its last user.
final class Descriptor: Sendable {
  let number: Int32

  init(_ number: Int32) { self.number = number }
  deinit { close(number) }
}

/// This process's ends of a process tree.
struct ProcessTree: Sendable {
  let output: Descriptor
  let error: Descriptor
  let status: Descriptor
  let control: Descriptor

  init(_ tree: millrace_tree) {
    output = Descriptor(tree.output)
    error = Descriptor(tree.error)
    status = Descriptor(tree.status)
    control = Descriptor(tree.control)
  }

  /// - Parameter how: a command of `millrace_tree_stop`.
  func stop(_ how: Unicode.Scalar) {
    millrace_tree_stop(control.number, CChar(truncatingIfNeeded: how.value))
  }
}
