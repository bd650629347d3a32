internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Users, as administrators see them.
struct UserRoutes: Sendable {
  let ports: IAMPorts
  let signIns: SignInDesk
  private var shelf: Shelf { Shelf(ports: ports) }
  private var ledger: Ledger { Ledger(ports: ports) }

  var all: [Route] {
    let read = Access.allowed(.userRead, in: .installation)
    let edit = Access.allowed(.userEdit, in: .installation)
    return [
      Route("GET", "/v1/users", read, parameters: ["limit", "cursor"], list),
      Route("POST", "/v1/users", edit, create),
      Route("GET", "/v1/users/{user}", read, get),
      Route("POST", "/v1/users/{user}/disable", edit) { request throws(Problem) in
        try await change(.disabled, request, "POST /v1/users/{user}/disable")
      },
      Route("POST", "/v1/users/{user}/enable", edit) { request throws(Problem) in
        try await change(.enabled, request, "POST /v1/users/{user}/enable")
      },
      Route("POST", "/v1/users/{user}/logout", edit) { request throws(Problem) in
        try await change(.secretChanged, request, "POST /v1/users/{user}/logout")
      },
      Route("POST", "/v1/users/{user}/password", edit, setPassword),
    ]
  }

  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let limit = try request.number("limit", default: 50, in: 1...200)
    let after = try request.cursor("users", ports.seal)?.place.first
    let page = try await shelf.query(
      IAMTables.users,
      RecordQuery(
        table: IAMTables.users.name, lower: after.map { .excluding(.text($0)) }, limit: limit))
    let last = page.next == nil ? nil : page.records.last?.record.name
    return .page(
      page.records.map(\.record.value), next: last.map { ListCursor(place: [$0]) }, "users",
      ports.seal)
  }

  private func get(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    .json(try await shelf.user(request.segment("user")).record.value)
  }

  private func create(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let order = try RouteRequest.read(bytes) { body in
      UserOrder(&body, policy: ports.configuration.passwords)
    }
    let hash = try await signIns.hash(order.password)
    let by = request.principal.name
    return try await ledger.perform(request, "POST /v1/users", repeatable: bytes) {
      () async throws(Problem) in
      let user = try await newUser(order.name, hash: hash, by: by)
      return Decision(
        entries: [IAMTables.users.insert(user)], body: user.value, status: 201,
        location: "/v1/users/\(user.name)", fields: ["user": user.name])
    }
  }

  /// A user without any role; the name must be free.
  func newUser(
    _ name: UserName, hash: String, by creator: String
  ) async throws(Problem) -> UserRecord {
    guard try await shelf.get(IAMTables.users, .text(name.text)) == nil else {
      throw Problem(409, "name-taken", "there is a user \(name) already")
    }
    return UserRecord(
      name: name.text, id: ports.context.newID(UserID.self).text, passwordHash: hash, epoch: 1,
      createdAtUs: ports.now.microseconds, createdBy: creator)
  }

  private func change(
    _ event: Subject.Event, _ request: RouteRequest, _ action: String
  ) async throws(Problem) -> HTTPResponse {
    try await ledger.perform(request, action) { () async throws(Problem) in
      let row = try await shelf.user(request.segment("user"))
      return try await decision(event, row.record, over: row.version)
    }
  }

  private func decision(
    _ event: Subject.Event, _ known: UserRecord, over version: CommitID
  ) async throws(Problem) -> Decision {
    var (record, subject) = (known, known.subject)
    let effects = subject.apply(event)
    var decision = Decision(status: 200, fields: ["user": record.name])
    if !effects.isEmpty {
      record.take(subject, effects)
      decision.entries = try await shelf.entries(of: effects, id: record.id, name: record.name)
      decision.entries.append(IAMTables.users.update(record, over: version))
    }
    decision.body = record.value
    return decision
  }

  private func setPassword(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let name = request.segment("user")
    let password = try RouteRequest.read(bytes) { body in
      body.password("password", of: name, ports.configuration.passwords)
    }
    return try await replacePassword(
      of: name, with: password, request, "POST /v1/users/{user}/password")
  }

  /// Everything that the old password had opened is closed.
  func replacePassword(
    of name: String, with password: String, _ request: RouteRequest, _ action: String,
    onlyOver known: String? = nil
  ) async throws(Problem) -> HTTPResponse {
    let hash = try await signIns.hash(password)
    return try await ledger.perform(request, action) { () async throws(Problem) in
      let row = try await shelf.user(name)
      if let known, row.record.passwordHash != known { throw Problem.badCredentials }
      var record = row.record
      record.passwordHash = hash
      var decision = try await decision(.secretChanged, record, over: row.version)
      decision.body = .null
      decision.status = 204
      return decision
    }
  }
}

/// Who asks for a user, and with which password.
struct UserOrder: Sendable {
  var name: UserName
  var password: String

  init?(_ body: inout JSONObject, policy: PasswordPolicy) {
    let name = body.parsed("name", wanted: Slug.rule) { UserName($0) }
    let password = body.password("password", of: name?.text ?? "", policy)
    guard let name, let password else { return nil }
    self.name = name
    self.password = password
  }
}

extension JSONObject {
  /// A new password that the policy takes.
  mutating func password(_ member: String, of user: String, _ policy: PasswordPolicy) -> String? {
    guard let password = string(member) else { return nil }
    if let fault = policy.fault(in: password, of: UserName(unchecked: user)) {
      refuse(
        member, code: "weak-password", "this password is not taken", hint: policy.words(for: fault))
      return nil
    }
    return password
  }
}

extension UserRecord {
  var value: Value {
    .record([
      ("name", .string(name)), ("id", .string(id)),
      ("state", .string(isDisabled ? "disabled" : "active")),
      ("roles", .labels(roles)), ("createdAt", .time(Moment(microseconds: createdAtUs))),
      ("createdBy", .text(createdBy.isEmpty ? nil : createdBy)),
    ])
  }
}
