/// What a caller must be allowed to do. Closed, compared by equality only; there are no wildcards
/// and no rules that deny.
///
/// A permission is held in a namespace or in the whole installation. Those about users, keys and
/// the making of namespaces belong to the installation: held in a namespace they open nothing.
public enum Permission: String, Hashable, Comparable, Sendable, CaseIterable {
  case workflowRead = "workflow:read"
  case workflowEdit = "workflow:edit"
  case runRead = "run:read"
  case runStart = "run:start"
  case runStop = "run:stop"
  /// Everything that changes a run beside starting and stopping it: pause, skip, set a state.
  case runChange = "run:change"
  case logRead = "log:read"
  case artifactRead = "artifact:read"
  case artifactWrite = "artifact:write"
  case notificationRead = "notification:read"
  case notificationEdit = "notification:edit"
  /// Names and fingerprints; no permission reads a value.
  case secretList = "secret:list"
  case secretUse = "secret:use"
  case secretWrite = "secret:write"
  case workerRead = "worker:read"
  case workerEdit = "worker:edit"
  case namespaceRead = "namespace:read"
  case namespaceEdit = "namespace:edit"
  case grantRead = "grant:read"
  case grantEdit = "grant:edit"
  case accountRead = "service-account:read"
  case accountEdit = "service-account:edit"
  case userRead = "user:read"
  case userEdit = "user:edit"
  case keyRotate = "key:rotate"
  case auditRead = "audit:read"

  public static func < (left: Permission, right: Permission) -> Bool {
    left.rawValue < right.rawValue
  }
}
