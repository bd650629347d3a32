internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Makes, lists and withdraws tokens for programs.
struct TokenDesk: Sendable {
  /// Whose token it is.
  struct Owner: Sendable {
    var kind: SecretToken.Kind
    var name: String
    var id: String
  }

  let ports: IAMPorts
  private var shelf: Shelf { Shelf(ports: ports) }

  /// The caller guards the owner's row.
  func create(
    _ order: TokenOrder, for owner: Owner, by creator: Principal
  ) async throws(Problem) -> Decision {
    for scope in order.scopes ?? [] where !creator.mayAnywhere(scope) {
      throw Problem(
        403, "forbidden", "\(creator.name) cannot give what it does not hold: \(scope.rawValue)")
    }
    let limit = ports.configuration.tokensPerOwnerMax
    let known = try await shelf.query(
      IAMTables.tokens,
      RecordQuery(
        table: IAMTables.tokens.name, index: "of_owner", prefix: [.text(owner.id)],
        limit: limit + 1))
    guard known.records.count < limit else {
      throw Problem(
        422, "too-many-tokens",
        "\(owner.name) has \(limit) tokens already, those that ended lately included; withdraw some"
      )
    }
    let id = ports.context.newID(TokenID.self).text
    guard let token = ports.vault.token(owner.kind, id: id) else {
      throw Problem(500, "no-token", "a token could not be made")
    }
    let now = ports.now
    let machine = APIToken(expiresAt: now + order.life, limits: ports.configuration.tokens)
    var record = TokenRecord(
      digest: ports.vault.name(of: token), id: id, prefix: token.prefix, label: order.label,
      owner: owner.name, ownerId: owner.id, isScoped: order.scopes != nil,
      scopes: (order.scopes ?? []).map(\.rawValue), namespace: order.namespace?.text ?? "",
      expiresAtUs: machine.expiresAt.microseconds, createdAtUs: now.microseconds,
      createdBy: creator.name)
    record.take(machine)
    return Decision(
      entries: [IAMTables.tokens.insert(record)], body: record.value(at: now), status: 201,
      token: Decision.ShownToken(kind: owner.kind, id: id),
      fields: ["token": id, "owner": owner.name])
  }

  func list(_ request: RouteRequest, of owner: String) async throws(Problem) -> HTTPResponse {
    let limit = try request.number("limit", default: 50, in: 1...200)
    let filter = "tokens\n\(owner)"
    let after = try request.cursor(filter, ports.seal)?.place.first
    let page = try await shelf.query(
      IAMTables.tokens,
      RecordQuery(
        table: IAMTables.tokens.name, index: "of_owner", prefix: [.text(owner)],
        lower: after.map { .excluding(.text($0)) }, limit: limit))
    let last = page.next == nil ? nil : page.records.last?.record.id
    return .page(
      page.records.map { $0.record.value(at: ports.now) },
      next: last.map { ListCursor(place: [$0]) }, filter, ports.seal)
  }

  /// Nobody withdraws a token of somebody else by its id: to them it does not exist.
  func withdraw(
    _ request: RouteRequest, _ action: String, of owner: String
  ) async throws(Problem) -> HTTPResponse {
    try await Ledger(ports: ports).perform(request, action) { () async throws(Problem) in
      let id = request.segment("token")
      guard TokenID(text: id) != nil else { throw Problem.notFound("token \(id)") }
      let page = try await shelf.query(
        IAMTables.tokens,
        RecordQuery(table: IAMTables.tokens.name, index: "ids", prefix: [.text(id)], limit: 1))
      guard let row = page.records.first, row.record.ownerId == owner else {
        throw Problem.notFound("token \(id)")
      }
      var (record, machine) = (row.record, row.record.token(ports.configuration.tokens))
      _ = machine.apply(.withdrawn, at: ports.now)
      record.take(machine)
      var decision = Decision.nothing
      decision.fields = ["token": id, "owner": record.owner]
      if record != row.record {
        decision.entries = [IAMTables.tokens.update(record, over: row.version)]
      }
      return decision
    }
  }
}

/// What somebody wants of a token.
struct TokenOrder: Sendable {
  var label: String
  var life: Duration
  /// Nil means everything that its owner may do.
  var scopes: SortedSet<Permission>?
  /// Nil means everywhere.
  var namespace: NamespaceName?

  static let labelBytesMax = 255

  init?(_ body: inout JSONObject, limits: APIToken.Limits) {
    label = body.string("label", .optional, bytesMax: TokenOrder.labelBytesMax) ?? ""
    life = limits.lifeDefault
    let most = DurationText.text(of: limits.lifeMax)
    let rule = "\(DurationText.rule), from 1m to \(most)"
    if let life = body.parsed(
      "expiresIn", .optional, wanted: rule,
      { text -> Duration? in
        guard let length = DurationText.duration(text), length >= .seconds(60),
          length <= limits.lifeMax
        else { return nil }
        return length
      })
    {
      self.life = life
    }
    namespace = body.parsed("namespace", .optional, wanted: Slug.rule) { NamespaceName($0) }
    guard let words = body.strings("scopes", .optional) else { return }
    var scopes: SortedSet<Permission> = []
    for word in words {
      guard let permission = Permission(rawValue: word) else {
        body.refuse(
          "scopes", code: "unknown-word", "'\(word.prefix(80))' is no permission",
          hint: "GET /v1/roles lists them")
        return nil
      }
      scopes.insert(permission)
    }
    self.scopes = scopes
  }
}

/// One's own tokens.
struct TokenRoutes: Sendable {
  let ports: IAMPorts
  let desk: TokenDesk

  var all: [Route] {
    [
      Route("GET", "/v1/auth/tokens", .signedIn, parameters: ["limit", "cursor"]) {
        request throws(Problem) in
        try await desk.list(request, of: request.principal.id)
      },
      Route("POST", "/v1/auth/tokens", .signedIn, create),
      Route("DELETE", "/v1/auth/tokens/{token}", .signedIn) { request throws(Problem) in
        try await desk.withdraw(
          request, "DELETE /v1/auth/tokens/{token}", of: request.principal.id)
      },
    ]
  }

  private func create(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    // A token that could make tokens would never end.
    guard request.principal.kind == .user, !request.principal.signIn.isEmpty else {
      throw Problem(403, "sign-in-needed", "only a user who is signed in makes tokens")
    }
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let order = try RouteRequest.read(bytes) { body in
      TokenOrder(&body, limits: ports.configuration.tokens)
    }
    let sender = request.principal
    return try await Ledger(ports: ports).perform(
      request, "POST /v1/auth/tokens", repeatable: bytes
    ) { () async throws(Problem) in
      let user = try await Shelf(ports: ports).user(sender.name)
      guard user.record.id == sender.id, !user.record.isDisabled else {
        throw Problem.badCredentials
      }
      var decision = try await desk.create(
        order, for: TokenDesk.Owner(kind: .personal, name: sender.name, id: sender.id), by: sender)
      decision.entries.append(
        IAMTables.users.guard([.text(sender.name)], at: user.version))
      decision.location = "/v1/auth/tokens/" + (decision.token?.id ?? "")
      return decision
    }
  }
}

extension TokenRecord {
  func value(at now: Moment) -> Value {
    let state = endedAtUs != 0 ? "ended" : now.microseconds >= expiresAtUs ? "expired" : "live"
    return .record([
      ("id", .string(id)), ("prefix", .string(prefix)), ("owner", .string(owner)),
      ("label", .text(label.isEmpty ? nil : label)), ("state", .string(state)),
      ("scopes", isScoped ? .array(scopes.map(Value.string)) : .null),
      ("namespace", .text(namespace.isEmpty ? nil : namespace)),
      ("createdAt", .time(Moment(microseconds: createdAtUs))),
      ("createdBy", .string(createdBy)),
      ("expiresAt", .time(Moment(microseconds: expiresAtUs))),
      ("lastUsedAt", .time(lastUsedAtUs == 0 ? nil : Moment(microseconds: lastUsedAtUs))),
    ])
  }
}
