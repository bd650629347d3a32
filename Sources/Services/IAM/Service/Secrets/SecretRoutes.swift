internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Secrets of a namespace: they are set and used, and nobody reads them.
struct SecretRoutes: Sendable {
  let ports: IAMPorts
  private var shelf: Shelf { Shelf(ports: ports) }

  /// A value of the greatest length, every byte of it escaped.
  static let requestBytesMax = 6 * SecretValue.bytesMax + 1_024

  private static let root = "/v1/namespaces/{namespace}/secrets"
  private static let one = root + "/{secret}"

  var all: [Route] {
    [
      Route(
        "GET", SecretRoutes.root, .allowed(.secretList), parameters: ["limit", "cursor"], list),
      Route("GET", SecretRoutes.one, .allowed(.secretList), get),
      Route("PUT", SecretRoutes.one, .allowed(.secretWrite), set),
      Route("DELETE", SecretRoutes.one, .allowed(.secretWrite), delete),
    ]
  }

  private func namespace(_ request: RouteRequest) throws(Problem) -> NamespaceName {
    guard let name = NamespaceName(request.segment("namespace")) else {
      throw Problem.notFound("namespace \(request.segment("namespace"))")
    }
    return name
  }

  private func stored(_ request: RouteRequest) async throws(Problem) -> Versioned<SecretRecord> {
    let text = request.segment("secret")
    let namespace = try namespace(request)
    if let name = SecretName(text),
      let row = try await shelf.get(
        IAMTables.secrets, .text(namespace.text), .text(name.text))
    {
      return row
    }
    throw Problem.notFound("secret \(text)")
  }

  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    try await NamespaceList(
      ports: ports, table: IAMTables.secrets, kind: "secrets", name: { $0.name },
      value: { $0.value }
    ).answer(request, try namespace(request))
  }

  private func get(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    .json(try await stored(request).record.value)
  }

  private func set(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let namespace = try namespace(request)
    let text = request.segment("secret")
    guard let name = SecretName(text) else {
      throw Problem(400, "invalid-name", "a secret's name is \(SecretName.rule)")
    }
    let bytes = try await request.jsonBytes(upTo: SecretRoutes.requestBytesMax)
    let value = try SecretRoutes.value(try RouteRequest.read(bytes) { $0.string("value") })
    return try await Ledger(ports: ports).perform(request, "PUT " + SecretRoutes.one) {
      () async throws(Problem) in
      let place = try await shelf.namespace(namespace)
      let known = try await shelf.get(
        IAMTables.secrets, .text(namespace.text), .text(name.text))
      if known == nil { try await checkRoom(namespace) }
      let record = record(of: value, name, namespace, over: known?.record, by: request.principal)
      return Decision(
        entries: [
          IAMTables.namespaces.guard([.text(namespace.text)], at: place.version),
          known.map { IAMTables.secrets.update(record, over: $0.version) }
            ?? IAMTables.secrets.insert(record),
        ], body: record.value, status: known == nil ? 201 : 200,
        location: known == nil ? "/v1/namespaces/\(namespace)/secrets/\(name)" : "",
        fields: ["secret": name.text, "version": "\(record.version)"])
    }
  }

  /// What is wrong with a value is said without any of it.
  private static func value(_ text: String) throws(Problem) -> SecretValue {
    do throws(SecretValue.Fault) {
      return try SecretValue(text)
    } catch {
      switch error {
      case .short:
        throw Problem(
          422, "secret-too-short",
          "a secret has at least \(SecretValue.bytesMin) bytes; a shorter one could not be masked")
      case .long:
        throw Problem(
          422, "secret-too-long", "a secret has at most \(SecretValue.bytesMax) bytes")
      case .nul:
        throw Problem(
          422, "secret-with-nul", "no variable of an environment can hold a NUL character")
      }
    }
  }

  private func record(
    of value: SecretValue, _ name: SecretName, _ namespace: NamespaceName,
    over known: SecretRecord?, by principal: Principal
  ) -> SecretRecord {
    let place = SecretChest.Place(
      namespace: namespace, name: name, version: (known?.version ?? 0) + 1)
    var record = SecretChest(ports: ports).sealed(value, at: place)
    record.createdAtUs = known?.createdAtUs ?? ports.now.microseconds
    record.createdBy = known?.createdBy ?? principal.name
    record.updatedAtUs = ports.now.microseconds
    record.updatedBy = principal.name
    return record
  }

  /// About: two that are set at once may both find room.
  private func checkRoom(_ namespace: NamespaceName) async throws(Problem) {
    let max = ports.configuration.secretsPerNamespaceMax
    let page = try await shelf.query(
      IAMTables.secrets,
      RecordQuery(
        table: IAMTables.secrets.name, prefix: [.text(namespace.text)], limit: max))
    guard page.records.count >= max else { return }
    throw Problem(
      422, "too-many-secrets", "namespace \(namespace) has \(max) secrets; remove one first")
  }

  private func delete(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    try await Ledger(ports: ports).perform(request, "DELETE " + SecretRoutes.one) {
      () async throws(Problem) in
      let row = try await stored(request)
      return Decision(
        entries: [
          IAMTables.secrets.delete(
            [.text(row.record.namespace), .text(row.record.name)], over: row.version)
        ], status: 204, fields: ["secret": row.record.name])
    }
  }
}

extension SecretRecord {
  /// Everything but the value.
  var value: Value {
    .record([
      ("name", .string(name)), ("namespace", .string(namespace)), ("version", .integer(version)),
      ("fingerprint", .string(fingerprint)),
      ("createdAt", .time(Moment(microseconds: createdAtUs))), ("createdBy", .text(createdBy)),
      ("updatedAt", .time(Moment(microseconds: updatedAtUs))), ("updatedBy", .text(updatedBy)),
    ])
  }
}
