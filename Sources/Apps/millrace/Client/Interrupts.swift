internal import Glibc

/// What happens on Ctrl-C: a message, and exit code 130.
enum Interrupts {
  nonisolated(unsafe) private static var message: UnsafeMutablePointer<CChar>?
  nonisolated(unsafe) private static var length = 0

  /// Called at most once per process, before anything is waited for.
  ///
  /// The bytes lie ready: in a signal handler nothing may be allocated.
  static func onInterrupt(say text: String) {
    message = strdup(text)
    length = text.utf8.count
    signal(SIGINT) { _ in
      _ = write(2, Interrupts.message, Interrupts.length)
      _exit(ExitCode.interrupted.rawValue)
    }
  }
}
