internal import Domain
internal import Synchronization

/// What became known of a request while its handler worked: where it went, and whether that was
/// checked and written down.
final class AccessCheck: Sendable {
  private struct State {
    var isAuthorized = false
    var isAudited = false
    var namespace: NamespaceName?
  }

  /// What the request's entry of the audit is called, whoever writes it: it is written once also
  /// when nobody knows whether a first try took effect.
  let entry: AuditID
  private let state = Mutex(State())

  init(entry: AuditID) { self.entry = entry }

  var isAuthorized: Bool { state.withLock { $0.isAuthorized } }
  var isAudited: Bool { state.withLock { $0.isAudited } }
  var namespace: NamespaceName? { state.withLock { $0.namespace } }

  func authorize(in namespace: NamespaceName) {
    state.withLock { state in
      state.isAuthorized = true
      state.namespace = namespace
    }
  }

  func audit() { state.withLock { $0.isAudited = true } }
}

extension Access {
  /// What a place that the route leaves open is, judged by its template and parameters.
  func resolved(template: String, parameters: [String]) -> Access {
    guard case .allowed(let permission, in: .unnamed) = self else { return self }
    if template.split(separator: "/").contains("{namespace}") {
      return .allowed(permission, in: .path)
    }
    return parameters.contains("namespace") ? .allowed(permission, in: .query) : self
  }
}

extension Principal {
  /// - Throws: 404 when the namespace is none of the principal's business, whether it exists or
  ///   not; 403 when it is, and the permission is not held there.
  func require(
    _ permission: Permission, in namespace: NamespaceName, missing: String
  ) throws(Problem) {
    if may(permission, in: namespace) { return }
    guard knows(namespace) else { throw Problem.notFound(missing) }
    throw Problem.forbidden(name, permission, " in the namespace \(namespace)")
  }
}
