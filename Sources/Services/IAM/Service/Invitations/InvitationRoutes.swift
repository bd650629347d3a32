internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Invitations to register.
struct InvitationRoutes: Sendable {
  let ports: IAMPorts
  private var shelf: Shelf { Shelf(ports: ports) }
  private var ledger: Ledger { Ledger(ports: ports) }

  var all: [Route] {
    let edit = Access.allowed(.userEdit, in: .installation)
    return [
      Route("POST", "/v1/invitations", edit, create),
      Route("DELETE", "/v1/invitations/{invitation}", edit, withdraw),
    ]
  }

  private func create(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let grants = try RouteRequest.read(bytes) { body -> RoleGrants? in
      guard let texts = body.texts("roles", .optional) else { return RoleGrants() }
      guard let grants = RoleGrants(texts: texts), grants.installation == nil else {
        body.refuse(
          "roles", code: "not-understood", "'roles' are not roles by namespace",
          hint: "such as {\"payments\": \"viewer\"}; roles in the whole installation are given "
            + "afterwards")
        return nil
      }
      return grants
    }
    let sender = request.principal
    for (name, role) in grants.namespaces
    where !role.permissions.allSatisfy({ sender.may($0, in: name) }) {
      throw Problem(403, "forbidden", "\(sender.name) cannot give \(role.rawValue) in \(name)")
    }
    return try await ledger.perform(request, "POST /v1/invitations", repeatable: bytes) {
      () async throws(Problem) in
      try await invite(grants, by: sender.name)
    }
  }

  private func invite(
    _ grants: RoleGrants, by creator: String
  ) async throws(Problem) -> Decision {
    var entries: [RecordBatch.Entry] = []
    for name in grants.namespaces.keys {
      let row = try await shelf.namespace(name)
      entries.append(IAMTables.namespaces.guard([.text(name.text)], at: row.version))
    }
    let id = ports.context.newID(InvitationID.self).text
    guard let token = ports.vault.token(.invitation, id: id) else {
      throw Problem(500, "no-token", "a token could not be made")
    }
    let record = InvitationRecord(
      digest: ports.vault.name(of: token), id: id, prefix: token.prefix, roles: grants.texts,
      expiresAtUs: (ports.now + ports.configuration.invitationLife).microseconds,
      createdAtUs: ports.now.microseconds, createdBy: creator)
    entries.append(IAMTables.invitations.insert(record))
    return Decision(
      entries: entries,
      body: .record([
        ("id", .string(id)), ("prefix", .string(record.prefix)), ("roles", .labels(record.roles)),
        ("expiresAt", .time(Moment(microseconds: record.expiresAtUs))),
      ]), status: 201, location: "/v1/invitations/\(id)",
      token: Decision.ShownToken(kind: .invitation, id: id), fields: ["invitation": id])
  }

  private func withdraw(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    try await ledger.perform(request, "DELETE /v1/invitations/{invitation}") {
      () async throws(Problem) in
      let id = request.segment("invitation")
      guard InvitationID(text: id) != nil else { throw Problem.notFound("invitation \(id)") }
      let page = try await shelf.query(
        IAMTables.invitations,
        RecordQuery(
          table: IAMTables.invitations.name, index: "ids", prefix: [.text(id)], limit: 1))
      guard let row = page.records.first else { throw Problem.notFound("invitation \(id)") }
      var (record, machine) = (row.record, row.record.invitation)
      _ = machine.apply(.withdrawn, at: ports.now)
      var decision = Decision.nothing
      decision.fields = ["invitation": id]
      if !record.isEnded {
        record.isEnded = true
        decision.entries = [IAMTables.invitations.update(record, over: row.version)]
      }
      return decision
    }
  }
}
