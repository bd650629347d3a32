internal import CLinux

/// How surely a process tree can be ended here. Reported with the registration of the worker.
public enum Containment: String, Hashable, Sendable {
  /// Each attempt is a PID namespace: the kernel ends all of it at once, whatever it does.
  case pidNamespace = "pid-namespace"
  /// The kernel allows no namespaces: descendants are found by walks over /proc, and a hostile
  /// program of the same user can touch the worker itself.
  case subreaper

  init(level: Int32) {
    self = level == MILLRACE_LEVEL_SUBREAPER ? .subreaper : .pidNamespace
  }

  /// The best level to try.
  var level: Int32 {
    switch self {
    case .pidNamespace: MILLRACE_LEVEL_PID_NAMESPACE
    case .subreaper: MILLRACE_LEVEL_SUBREAPER
    }
  }
}
