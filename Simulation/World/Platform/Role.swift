/// What a process of the platform does.
public enum Role: String, Hashable, Comparable, Sendable, CaseIterable {
  case iam, workflow, scheduler, worker, metadata, artifact, notification

  /// Where its HTTP routes are served; schedulers and workers have none.
  public var address: String? {
    switch self {
    case .scheduler, .worker: nil
    case .iam, .workflow, .metadata, .artifact, .notification: "\(rawValue):80"
    }
  }

  public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}
