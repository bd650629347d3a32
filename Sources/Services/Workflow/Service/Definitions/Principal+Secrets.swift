internal import Domain
internal import ServiceKit

extension Principal {
  /// Whoever writes or runs a workflow that is given secrets may use them.
  ///
  /// - Throws: 403.
  func requireSecrets(of definition: WorkflowDefinition) throws(Problem) {
    guard !definition.secrets.isEmpty, !may(.secretUse, in: definition.namespace) else { return }
    throw Problem(
      403, "forbidden",
      "\(definition.name) is given secrets, and \(name) lacks the permission "
        + "\(Permission.secretUse.rawValue) in the namespace \(definition.namespace)")
  }
}
