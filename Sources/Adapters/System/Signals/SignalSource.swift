internal import CLinux
internal import Glibc

/// A request to stop that came from outside.
public enum StopSignal: Hashable, Sendable {
  /// SIGTERM: the supervisor.
  case terminate
  /// SIGINT: Ctrl-C.
  case interrupt
}

/// The stop signals of this process, as values that a task waits for.
public final class SignalSource: Sendable {
  private let loop: EventLoop
  private let descriptor: Int32

  /// Keeps SIGTERM and SIGINT for a source to take and makes writes to a closed pipe an error
  /// instead of a death.
  ///
  /// Called in `main` before any other thread exists: threads inherit the block, and a signal goes
  /// to any thread that does not have it. Programs started later inherit it as well, unless whoever
  /// starts them clears their signal mask.
  public static func block() {
    millrace_block_signals()
  }

  /// - Throws: `.system` when the process has no descriptors left.
  public init(on loop: EventLoop) throws(LoopError) {
    self.loop = loop
    descriptor = millrace_signalfd_create()
    if descriptor < 0 { throw .system(-descriptor) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The next signal. One task at a time waits.
  ///
  /// - Throws: `.cancelled` as soon as the task is cancelled.
  public func next() async throws(LoopError) -> StopSignal {
    while true {
      let number = millrace_signalfd_read(descriptor)
      if number == SIGTERM { return .terminate }
      if number == SIGINT { return .interrupt }
      if number < 0 { throw .system(-number) }
      try await loop.readable(descriptor)
    }
  }
}
