/// What a user or service account may do in a namespace or in the whole installation: a fixed set
/// of permissions. Each role can do what the one before it can.
public enum Role: String, Hashable, Comparable, Sendable, CaseIterable {
  /// Looks at everything but users, keys and the audit.
  case viewer
  /// Starts, stops and mends runs.
  case runner
  /// Writes definitions and what belongs to them.
  case author
  /// Everything, grants included.
  case admin

  public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

  public var permissions: SortedSet<Permission> { SortedSet(list) }

  private static let viewing: [Permission] = [
    .workflowRead, .runRead, .logRead, .artifactRead, .notificationRead, .workerRead,
    .namespaceRead,
  ]

  private var list: [Permission] {
    switch self {
    case .viewer: Role.viewing
    case .runner:
      Role.viewing + [.runStart, .runStop, .runChange, .artifactWrite, .secretUse]
    case .author:
      Role.runner.list + [.workflowEdit, .notificationEdit, .secretList]
    case .admin: Permission.allCases
    }
  }

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .runner: 1
    case .author: 2
    case .admin: 3
    }
  }
}
