internal import Glibc

/// What happens on Ctrl-C: a message, and exit code 130.
enum Interrupts {
  nonisolated(unsafe) private static var message: (@Sendable () -> Void)?

  /// Called at most once per process, before anything is waited for.
  static func onInterrupt(_ body: @escaping @Sendable () -> Void) {
    message = body
    signal(SIGINT) { _ in
      Interrupts.message?()
      _exit(ExitCode.interrupted.rawValue)
    }
  }
}
