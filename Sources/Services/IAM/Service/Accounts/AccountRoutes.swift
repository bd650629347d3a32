internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Service accounts: for programs, without a password, of one namespace.
struct AccountRoutes: Sendable {
  let ports: IAMPorts
  let tokens: TokenDesk
  private var shelf: Shelf { Shelf(ports: ports) }
  private var ledger: Ledger { Ledger(ports: ports) }

  static let descriptionBytesMax = 4_096

  var all: [Route] {
    let root = "/v1/namespaces/{namespace}/service-accounts"
    let one = root + "/{account}"
    return [
      Route("GET", root, .allowed(.accountRead), parameters: ["limit", "cursor"], list),
      Route("POST", root, .allowed(.accountEdit), create),
      Route("GET", one, .allowed(.accountRead), get),
      Route("POST", one + "/disable", .allowed(.accountEdit)) { request throws(Problem) in
        try await change(.disabled, request, "POST " + one + "/disable")
      },
      Route("POST", one + "/enable", .allowed(.accountEdit)) { request throws(Problem) in
        try await change(.enabled, request, "POST " + one + "/enable")
      },
      Route(
        "GET", one + "/tokens", .allowed(.accountRead), parameters: ["limit", "cursor"],
        listTokens),
      Route("POST", one + "/tokens", .allowed(.accountEdit), createToken),
      Route("DELETE", one + "/tokens/{token}", .allowed(.accountEdit)) {
        request throws(Problem) in
        let row = try await account(request)
        return try await tokens.withdraw(
          request, "DELETE " + one + "/tokens/{token}", of: row.record.id)
      },
    ]
  }

  private func namespace(_ request: RouteRequest) throws(Problem) -> NamespaceName {
    guard let name = NamespaceName(request.segment("namespace")) else {
      throw Problem.notFound("namespace \(request.segment("namespace"))")
    }
    return name
  }

  private func account(_ request: RouteRequest) async throws(Problem) -> Versioned<AccountRecord> {
    let text = request.segment("account")
    guard let name = AccountName(text, in: try namespace(request)) else {
      throw Problem.notFound("service account \(text)")
    }
    return try await shelf.account(name)
  }

  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    try await NamespaceList(
      ports: ports, table: IAMTables.accounts, kind: "accounts", name: { $0.name },
      value: { $0.value }
    ).answer(request, try namespace(request))
  }

  private func get(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    .json(try await account(request).record.value)
  }

  private func create(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let namespace = try namespace(request)
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let (name, description) = try RouteRequest.read(bytes) { body in
      let name = body.parsed("name", wanted: Slug.rule) { AccountName($0, in: namespace) }
      let description = body.string(
        "description", .optional, bytesMax: AccountRoutes.descriptionBytesMax)
      return name.map { ($0, description ?? "") }
    }
    let record = AccountRecord(
      namespace: namespace.text, name: name.name, id: ports.context.newID(AccountID.self).text,
      epoch: 1, createdAtUs: ports.now.microseconds, createdBy: request.principal.name,
      description: description)
    let action = "POST /v1/namespaces/{namespace}/service-accounts"
    return try await ledger.perform(request, action, repeatable: bytes) {
      () async throws(Problem) in
      let place = try await shelf.namespace(namespace)
      let known = try await shelf.get(
        IAMTables.accounts, .text(namespace.text), .text(name.name))
      guard known == nil else {
        throw Problem(409, "name-taken", "there is a service account \(name) already")
      }
      return Decision(
        entries: [
          IAMTables.namespaces.guard([.text(namespace.text)], at: place.version),
          IAMTables.accounts.insert(record),
        ], body: record.value, status: 201,
        location: "/v1/namespaces/\(namespace)/service-accounts/\(name.name)",
        fields: ["account": name.description])
    }
  }

  private func change(
    _ event: Subject.Event, _ request: RouteRequest, _ action: String
  ) async throws(Problem) -> HTTPResponse {
    try await ledger.perform(request, action) { () async throws(Problem) in
      let row = try await account(request)
      var (record, subject) = (row.record, row.record.subject)
      let effects = subject.apply(event).filter {
        $0 != .joinAdministrators && $0 != .leaveAdministrators
      }
      var decision = Decision(fields: ["account": record.fullName])
      if !effects.isEmpty {
        record.take(subject)
        decision.entries = try await shelf.entries(
          of: effects, id: record.id, name: record.fullName)
        decision.entries.append(IAMTables.accounts.update(record, over: row.version))
      }
      decision.body = record.value
      return decision
    }
  }

  // MARK: Tokens

  private func listTokens(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    try await tokens.list(request, of: try await account(request).record.id)
  }

  private func createToken(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let order = try RouteRequest.read(bytes) { body in
      TokenOrder(&body, limits: ports.configuration.tokens)
    }
    let root = "/v1/namespaces/{namespace}/service-accounts/{account}/tokens"
    return try await ledger.perform(request, "POST " + root, repeatable: bytes) {
      () async throws(Problem) in
      let row = try await account(request)
      var decision = try await tokens.create(
        order,
        for: TokenDesk.Owner(kind: .account, name: row.record.fullName, id: row.record.id),
        by: request.principal)
      decision.entries.append(
        IAMTables.accounts.guard(
          [.text(row.record.namespace), .text(row.record.name)], at: row.version))
      decision.location = request.http.path + "/" + (decision.token?.id ?? "")
      return decision
    }
  }
}

extension AccountRecord {
  var value: Value {
    .record([
      ("name", .string(name)), ("namespace", .string(namespace)), ("subject", .string(fullName)),
      ("id", .string(id)), ("state", .string(isDisabled ? "disabled" : "active")),
      ("description", .text(description.isEmpty ? nil : description)),
      ("roles", .labels(roles)), ("createdAt", .time(Moment(microseconds: createdAtUs))),
      ("createdBy", .string(createdBy)),
    ])
  }
}
