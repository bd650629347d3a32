internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import Wire

/// The `notify:` rules of definitions by version, from memory or from the workflow service, which
/// is asked once per version: a version never changes.
final class RuleSource: Sendable {
  struct Key: Hashable, Comparable, Sendable {
    var namespace: NamespaceName
    var workflow: WorkflowName
    var version: VersionID

    static func < (left: Key, right: Key) -> Bool {
      (left.namespace, left.workflow, left.version)
        < (right.namespace, right.workflow, right.version)
    }
  }

  private let ports: NotificationPorts
  private let cache = Mutex(SortedMap<Key, [NotifyRule]>())

  init(_ ports: NotificationPorts) {
    self.ports = ports
  }

  /// None for a version that is not known any more or cannot be understood.
  ///
  /// - Throws: when nobody answers.
  func rules(_ key: Key) async throws(RPCError) -> [NotifyRule] {
    if let known = cache.withLock({ $0[key] }), !ports.context.probe.buggify("rules.forgotten") {
      return known
    }
    let rules: [NotifyRule]
    do throws(RPCError) {
      rules = try await ask(key)
    } catch {
      guard error.code == .notFound else { throw error }
      rules = []
    }
    cache.withLock { cache in
      if cache.count >= ports.configuration.rulesCachedMax, let first = cache.keys.first {
        cache[first] = nil
      }
      cache[key] = rules
    }
    return rules
  }

  private func ask(_ key: Key) async throws(RPCError) -> [NotifyRule] {
    let request = GetVersionRequest(
      namespace: key.namespace.text, workflow: key.workflow.text, version: key.version.text)
    let answer = try await ports.network.call(
      WorkflowsMethods.service, WorkflowsMethods.getVersion, request.encoded(),
      within: ports.configuration.callWithin)
    guard let response = try? GetVersionResponse(decoding: answer) else {
      throw RPCError(.internal, "the answer cannot be decoded")
    }
    return DefinitionReader().read(json: response.normalForm).definition?.notify ?? []
  }
}
