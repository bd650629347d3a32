internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Who holds which role where.
struct GrantRoutes: Sendable {
  let ports: IAMPorts
  private var shelf: Shelf { Shelf(ports: ports) }
  private var ledger: Ledger { Ledger(ports: ports) }

  var all: [Route] {
    [
      Route("GET", "/v1/roles", .signedIn, roles),
      Route(
        "GET", "/v1/grants", .allowed(.grantRead, in: .installation),
        parameters: ["limit", "cursor"], list),
      Route("PUT", "/v1/grants/{subject}", .allowed(.grantEdit, in: .installation)) {
        request throws(Problem) in try await grant(request, "PUT /v1/grants/{subject}")
      },
      Route("DELETE", "/v1/grants/{subject}", .allowed(.grantEdit, in: .installation)) {
        request throws(Problem) in try await withdraw(request, "DELETE /v1/grants/{subject}")
      },
      Route(
        "GET", "/v1/namespaces/{namespace}/grants", .allowed(.grantRead),
        parameters: ["limit", "cursor"], list),
      Route("PUT", "/v1/namespaces/{namespace}/grants/{subject}", .allowed(.grantEdit)) {
        request throws(Problem) in
        try await grant(request, "PUT /v1/namespaces/{namespace}/grants/{subject}")
      },
      Route("DELETE", "/v1/namespaces/{namespace}/grants/{subject}", .allowed(.grantEdit)) {
        request throws(Problem) in
        try await withdraw(request, "DELETE /v1/namespaces/{namespace}/grants/{subject}")
      },
    ]
  }

  private func roles(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    .json(
      .object([
        "items": .array(
          Role.allCases.map { role in
            .object([
              "name": .string(role.rawValue),
              "permissions": .array(role.permissions.map { .string($0.rawValue) }),
            ])
          })
      ]))
  }

  /// The place that the path names.
  private func place(_ request: RouteRequest) throws(Problem) -> GrantPlace {
    guard let text = request.path["namespace"] else { return .installation }
    guard let name = NamespaceName(text) else { throw Problem.notFound("namespace \(text)") }
    return .namespace(name)
  }

  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let place = try place(request)
    let limit = try request.number("limit", default: 50, in: 1...200)
    let filter = "grants\n\(place.text)"
    let after = try request.cursor(filter, ports.seal)?.place.first
    let page = try await shelf.query(
      IAMTables.members,
      RecordQuery(
        table: IAMTables.members.name, prefix: [.text(place.text)],
        lower: after.map { .excluding(.text($0)) }, limit: limit))
    let items = page.records.map { row in
      Value.record([
        ("subject", .string(row.record.subject)), ("role", .string(row.record.role)),
      ])
    }
    let last = page.next == nil ? nil : page.records.last?.record.subject
    return .page(items, next: last.map { ListCursor(place: [$0]) }, filter, ports.seal)
  }

  private func grant(
    _ request: RouteRequest, _ action: String
  ) async throws(Problem) -> HTTPResponse {
    let place = try place(request)
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let role = try RouteRequest.read(bytes) { body in body.word("role", as: Role.self) }
    // Nobody gives what they do not have.
    guard role.permissions.allSatisfy({ request.principal.holds($0, at: place) }) else {
      throw Problem(
        403, "forbidden",
        "\(request.principal.name) cannot give the role \(role.rawValue) in \(place): it holds "
          + "less itself")
    }
    return try await ledger.perform(request, action) { () async throws(Problem) in
      var entries: [RecordBatch.Entry] = []
      if case .namespace(let name) = place {
        let row = try await shelf.namespace(name)
        entries.append(IAMTables.namespaces.guard([.text(name.text)], at: row.version))
      }
      return try await change(.granted(role, place), request, place, role, entries)
    }
  }

  private func withdraw(
    _ request: RouteRequest, _ action: String
  ) async throws(Problem) -> HTTPResponse {
    let place = try place(request)
    return try await ledger.perform(request, action) { () async throws(Problem) in
      try await change(.withdrawn(place), request, place, nil, [])
    }
  }

  private func change(
    _ event: Subject.Event, _ request: RouteRequest, _ place: GrantPlace, _ role: Role?,
    _ guards: [RecordBatch.Entry]
  ) async throws(Problem) -> Decision {
    let text = request.segment("subject")
    var decision = Decision(
      entries: guards, status: role == nil ? 204 : 200,
      fields: ["subject": text, "place": place.text, "role": role?.rawValue ?? ""])
    if let name = AccountName(text: text) {
      try fits(name, place)
      let row = try await shelf.account(name)
      var (record, subject) = (row.record, row.record.subject)
      let effects = subject.apply(event).filter {
        // Only users count as administrators: somebody must be able to sign in.
        $0 != .joinAdministrators && $0 != .leaveAdministrators
      }
      decision.entries += try await shelf.entries(of: effects, id: record.id, name: text)
      record.take(subject)
      if !effects.isEmpty {
        decision.entries.append(IAMTables.accounts.update(record, over: row.version))
      }
    } else {
      let row = try await shelf.user(text)
      var (record, subject) = (row.record, row.record.subject)
      let effects = subject.apply(event)
      decision.entries += try await shelf.entries(of: effects, id: record.id, name: text)
      record.take(subject, effects)
      if !effects.isEmpty {
        decision.entries.append(IAMTables.users.update(record, over: row.version))
      }
    }
    decision.entries += try await member(text, place, role)
    if let role {
      decision.body = .record([("subject", .string(text)), ("role", .string(role.rawValue))])
    }
    return decision
  }

  /// The row of the list; the holder's own decides.
  private func member(
    _ subject: String, _ place: GrantPlace, _ role: Role?
  ) async throws(Problem) -> [RecordBatch.Entry] {
    let known = try await shelf.get(IAMTables.members, .text(place.text), .text(subject))
    guard let role else {
      return known.map {
        [IAMTables.members.delete([.text(place.text), .text(subject)], over: $0.version)]
      } ?? []
    }
    let record = MemberRecord(place: place.text, subject: subject, role: role.rawValue)
    return [
      known.map { IAMTables.members.update(record, over: $0.version) }
        ?? IAMTables.members.insert(record)
    ]
  }

  /// A service account works in its own namespace, or in the whole installation.
  private func fits(_ name: AccountName, _ place: GrantPlace) throws(Problem) {
    guard case .namespace(let namespace) = place, namespace != name.namespace else { return }
    throw Problem(
      422, "other-namespace",
      "the service account \(name) belongs to the namespace \(name.namespace); make one in "
        + "\(namespace)")
  }
}

extension Principal {
  func holds(_ permission: Permission, at place: GrantPlace) -> Bool {
    switch place {
    case .installation: may(permission)
    case .namespace(let name): may(permission, in: name)
    }
  }
}
