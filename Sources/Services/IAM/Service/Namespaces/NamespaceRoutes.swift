internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Namespaces: they are made and stay.
struct NamespaceRoutes: Sendable {
  let ports: IAMPorts
  private var shelf: Shelf { Shelf(ports: ports) }

  static let descriptionBytesMax = 4_096

  var all: [Route] {
    [
      Route("GET", "/v1/namespaces", .signedIn, parameters: ["limit", "cursor"], list),
      Route("POST", "/v1/namespaces", .allowed(.namespaceEdit, in: .installation), create),
      Route("GET", "/v1/namespaces/{namespace}", .allowed(.namespaceRead), get),
    ]
  }

  /// Those that the caller knows. Whoever holds no role in the installation has a few.
  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let limit = try request.number("limit", default: 50, in: 1...200)
    let after = try request.cursor("namespaces", ports.seal)?.place.first
    let sender = request.principal
    guard sender.may(.namespaceRead) else {
      let names = sender.namespaces.filter { $0.value.contains(.namespaceRead) }.map(\.key)
      var items: [Value] = []
      for name in names {
        if let row = try await shelf.get(IAMTables.namespaces, .text(name.text)) {
          items.append(row.record.value)
        }
      }
      return .page(items, next: nil, "namespaces", ports.seal)
    }
    let page = try await shelf.query(
      IAMTables.namespaces,
      RecordQuery(
        table: IAMTables.namespaces.name, lower: after.map { .excluding(.text($0)) }, limit: limit))
    let last = page.next == nil ? nil : page.records.last?.record.name
    return .page(
      page.records.map(\.record.value), next: last.map { ListCursor(place: [$0]) }, "namespaces",
      ports.seal)
  }

  private func get(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    guard let name = NamespaceName(request.segment("namespace")) else {
      throw Problem.notFound("namespace \(request.segment("namespace"))")
    }
    return .json(try await shelf.namespace(name).record.value)
  }

  private func create(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let (name, description) = try RouteRequest.read(bytes) { body in
      let name = body.parsed("name", wanted: Slug.rule) { NamespaceName($0) }
      let description = body.string(
        "description", .optional, bytesMax: NamespaceRoutes.descriptionBytesMax)
      return name.map { ($0, description ?? "") }
    }
    let record = NamespaceRecord(
      name: name.text, description: description, createdAtUs: ports.now.microseconds,
      createdBy: request.principal.name)
    return try await Ledger(ports: ports).perform(
      request, "POST /v1/namespaces", repeatable: bytes
    ) { () async throws(Problem) in
      guard try await shelf.get(IAMTables.namespaces, .text(name.text)) == nil else {
        throw Problem(409, "name-taken", "there is a namespace \(name) already")
      }
      return Decision(
        entries: [IAMTables.namespaces.insert(record)], body: record.value, status: 201,
        location: "/v1/namespaces/\(name)", fields: ["namespace": name.text])
    }
  }

  /// The namespace `default` is there from the start.
  func ensureDefault() async throws(Problem) {
    let name = NamespaceName.default.text
    guard try await shelf.get(IAMTables.namespaces, .text(name)) == nil else { return }
    do throws(StoreError) {
      _ = try await ports.store.commit(
        RecordBatch(entries: [
          IAMTables.namespaces.insert(
            NamespaceRecord(name: name, createdAtUs: ports.now.microseconds))
        ]))
    } catch {
      if error != .conflict { throw Problem(error) }
    }
  }
}

extension NamespaceRecord {
  var value: Value {
    .record([
      ("name", .string(name)), ("description", .text(description.isEmpty ? nil : description)),
      ("createdAt", .time(Moment(microseconds: createdAtUs))),
      ("createdBy", .text(createdBy.isEmpty ? nil : createdBy)),
    ])
  }
}
