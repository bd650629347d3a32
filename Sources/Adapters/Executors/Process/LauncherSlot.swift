internal import CLinux
internal import Glibc
internal import Synchronization
internal import SystemAdapter

/// The launcher in use. One that has gone is replaced by the next that is asked for something; its
/// trees went with it.
final class LauncherSlot: Sendable {
  private let current: Mutex<ProcessLauncher>
  private let levelMin: Int32
  let containment: Containment

  init(levelMin: Int32) throws(SystemFailure) {
    let launcher = try ProcessLauncher(levelMin: levelMin)
    current = Mutex(launcher)
    containment = launcher.containment
    self.levelMin = levelMin
  }

  var pid: Int32 { current.withLock { $0.pid } }

  func launch(_ order: ProcessOrder) throws(SystemFailure) -> ProcessTree {
    try ask { launcher throws(SystemFailure) in try launcher.launch(order) }
  }

  /// Removes a directory in a process of its own, since it may be large. Returns when it is gone,
  /// or as much of it as can be; the rest goes at the next start.
  func remove(_ path: String, loop: EventLoop) async {
    let removal = try? ask { launcher throws(SystemFailure) in try launcher.remove(path) }
    guard let removal else { return }
    var report = millrace_report()
    while true {
      let count = millrace_report_read(removal.number, &report)
      if count == 1 { continue }
      guard count == -EAGAIN, (try? await loop.readable(removal.number)) != nil else { return }
    }
  }

  private func ask<Answer>(
    _ question: (ProcessLauncher) throws(SystemFailure) -> Answer
  ) throws(SystemFailure) -> Answer {
    let launcher = current.withLock { $0 }
    do throws(SystemFailure) {
      return try question(launcher)
    } catch {
      guard error.code == EPIPE else { throw error }
      return try question(replace(launcher))
    }
  }

  private func replace(_ gone: ProcessLauncher) throws(SystemFailure) -> ProcessLauncher {
    let other = current.withLock { $0 }
    if other !== gone { return other }
    let fresh = try ProcessLauncher(levelMin: levelMin)
    current.withLock { $0 = fresh }
    return fresh
  }
}
