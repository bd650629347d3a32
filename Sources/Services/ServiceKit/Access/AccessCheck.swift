internal import Domain
internal import Synchronization

/// Whether the handler of a request has asked for the namespace that the request goes to.
final class AccessCheck: Sendable {
  private let done = Mutex(false)

  var isDone: Bool { done.withLock { $0 } }

  func finish() { done.withLock { $0 = true } }
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
