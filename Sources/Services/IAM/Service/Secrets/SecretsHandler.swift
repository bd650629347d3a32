internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Gives values to workers. Served within the platform only.
struct SecretsHandler: RPCHandler {
  static let namesPerCallMax = 100

  let ports: IAMPorts

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard method == SecretsMethods.resolve else {
      throw RPCError(.unimplemented, "no method \(method)")
    }
    guard let message = try? ResolveSecretsRequest(decoding: request),
      let namespace = NamespaceName(message.namespace)
    else { throw RPCError(.invalidArgument, "the request cannot be decoded") }
    let names = SortedSet(message.names.compactMap { SecretName($0) })
    guard names.count == message.names.count, names.count <= SecretsHandler.namesPerCallMax else {
      throw RPCError(
        .invalidArgument, "up to \(SecretsHandler.namesPerCallMax) names, each once")
    }
    return try await resolve(names, namespace).encoded()
  }

  private func resolve(
    _ names: SortedSet<SecretName>, _ namespace: NamespaceName
  ) async throws(RPCError) -> ResolveSecretsResponse {
    let rows: [Versioned<SecretRecord>?]
    do throws(StoreError) {
      rows = try await ports.store.get(
        IAMTables.secrets, names.map { [.text(namespace.text), .text($0.text)] })
    } catch {
      throw RPCError(.unavailable, "the store does not answer")
    }
    let chest = SecretChest(ports: ports)
    var response = ResolveSecretsResponse()
    for (name, row) in zip(names, rows) {
      guard let row else {
        response.missing.append(name.text)
        continue
      }
      guard let value = chest.opened(row.record) else {
        ports.context.telemetry.log(
          .error, "secret.unopenable",
          [("namespace", namespace.text), ("name", name.text), ("master", row.record.master)])
        throw RPCError(
          .failedPrecondition,
          "secret \(name) cannot be opened: its row was changed, or the master key is another one")
      }
      response.secrets.append(ResolveSecretsResponse.Secret(name: name.text, value: value.text))
    }
    return response
  }
}
