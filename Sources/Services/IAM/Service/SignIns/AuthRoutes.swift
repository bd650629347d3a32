internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Registering, signing in and out, and what concerns nobody but the caller.
struct AuthRoutes: Sendable {
  let ports: IAMPorts
  let desk: SignInDesk
  let users: UserRoutes
  private var shelf: Shelf { Shelf(ports: ports) }

  var all: [Route] {
    [
      Route("POST", "/v1/auth/register", .anyone, register),
      Route("POST", "/v1/auth/login", .anyone, logIn),
      Route("POST", "/v1/auth/refresh", .anyone, refresh),
      Route("POST", "/v1/auth/logout", .signedIn) { request throws(Problem) in
        try await desk.logOut(request)
      },
      Route("GET", "/v1/auth/whoami", .signedIn, whoAmI),
      Route("POST", "/v1/auth/password", .signedIn, changePassword),
    ]
  }

  private func bytes(_ request: RouteRequest) async throws(Problem) -> [UInt8] {
    try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
  }

  private func logIn(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await bytes(request)
    let (name, password) = try RouteRequest.read(bytes) { body in
      let (name, password) = (body.string("name"), body.string("password"))
      return name.flatMap { name in password.map { (name, $0) } }
    }
    return try await desk.logIn(request, name: name, password: password)
  }

  private func refresh(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await bytes(request)
    let token = try RouteRequest.read(bytes) { body in body.string("refreshToken") }
    return try await desk.refresh(request, token: token)
  }

  // MARK: Registering

  fileprivate struct Application: Sendable {
    var order: UserOrder
    var proof: RegistrationProof
    var token: String
  }

  private func register(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await bytes(request)
    let policy = ports.configuration.passwords
    let application = try RouteRequest.read(bytes) { body in
      Application(&body, policy: policy)
    }
    guard ports.configuration.registration.admits(application.proof) else {
      throw Problem(
        403, "registration-closed",
        "nobody registers here without an invitation or at all; ask an administrator")
    }
    if application.proof == .firstAdmin, !ports.vault.isFirstAdminToken(application.token) {
      throw Problem.badCredentials
    }
    let source = Gate(ports: ports).source(
      "register-source", request.http.peer, ports.configuration.registrationsPerSource)
    try await Gate(ports: ports).enter([source])
    let hash = try await desk.hash(application.order.password)
    return try await Ledger(ports: ports).perform(
      request, "POST /v1/auth/register", repeatable: bytes
    ) { () async throws(Problem) in
      try await admit(application, hash: hash)
    }
  }

  private func admit(_ application: Application, hash: String) async throws(Problem) -> Decision {
    let name = application.order.name
    var user: UserRecord
    var entries: [RecordBatch.Entry] = []
    switch application.proof {
    case .nothing:
      user = try await users.newUser(name, hash: hash, by: name.text)
    case .firstAdmin:
      user = try await users.newUser(name, hash: hash, by: name.text)
      entries.append(try await shelf.administrators(.firstAsked(user.id)))
      user.roles = RoleGrants(installation: .admin).texts
    case .invitation:
      guard let token = SecretToken(text: application.token), token.kind == .invitation,
        let row = try await shelf.get(
          IAMTables.invitations, .text(ports.vault.name(of: token)))
      else { throw Problem.badCredentials }
      var (invitation, machine) = (row.record, row.record.invitation)
      guard machine.apply(.used, at: ports.now) == [.accept] else { throw Problem.badCredentials }
      user = try await users.newUser(name, hash: hash, by: invitation.createdBy)
      invitation.isEnded = true
      invitation.usedBy = name.text
      user.roles = invitation.roles
      entries.append(IAMTables.invitations.update(invitation, over: row.version))
    }
    for (place, role) in user.roles {
      entries.append(
        IAMTables.members.insert(MemberRecord(place: place, subject: name.text, role: role)))
    }
    entries.append(IAMTables.users.insert(user))
    return Decision(
      entries: entries, body: user.value, status: 201, location: "/v1/auth/whoami",
      fields: ["user": user.name, "proof": "\(application.proof)"])
  }

  // MARK: One's own

  private func whoAmI(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let sender = request.principal
    func list(_ permissions: SortedSet<Permission>) -> Value {
      .array(permissions.map { .string($0.rawValue) })
    }
    return .json(
      .record([
        ("id", .string(sender.id)), ("name", .string(sender.name)),
        ("kind", .string(sender.kind.rawValue)),
        ("signIn", .text(sender.signIn.isEmpty ? nil : sender.signIn)),
        ("permissions", list(sender.permissions)),
        (
          "namespaces",
          .object(SortedMap(sender.namespaces.map { ($0.key.text, list($0.value)) }))
        ),
      ]))
  }

  private func changePassword(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    guard request.principal.kind == .user, !request.principal.signIn.isEmpty else {
      throw Problem(409, "no-password", "only a user who is signed in has a password to change")
    }
    let bytes = try await bytes(request)
    let name = request.principal.name
    let policy = ports.configuration.passwords
    let (old, new) = try RouteRequest.read(bytes) { body in
      let old = body.string("password")
      let new = body.password("newPassword", of: name, policy)
      return old.flatMap { old in new.map { (old, $0) } }
    }
    let counter = Gate(ports: ports).account(name)
    try await Gate(ports: ports).enter([counter])
    let user = try await shelf.user(name)
    let verdict: PasswordVerdict
    do throws(PasswordHasherError) {
      verdict = try await ports.hasher.verify(Array(old.utf8), against: user.record.passwordHash)
    } catch {
      await Gate(ports: ports).leave([counter])
      throw Problem(error)
    }
    guard verdict != .different, user.record.id == request.principal.id else {
      throw Problem(403, "bad-password", "the password is not the one you have now")
    }
    await Gate(ports: ports).leave([counter])
    return try await users.replacePassword(
      of: name, with: new, request, "POST /v1/auth/password", onlyOver: user.record.passwordHash)
  }
}

extension AuthRoutes.Application {
  fileprivate init?(_ body: inout JSONObject, policy: PasswordPolicy) {
    let order = UserOrder(&body, policy: policy)
    let invitation = body.string("invitation", .optional, bytesMax: 64)
    let firstAdmin = body.string("firstAdminToken", .optional, bytesMax: 64)
    if invitation != nil, firstAdmin != nil {
      body.refuse(
        "invitation", code: "two-proofs", "an invitation and a first token are two things",
        hint: "send one of them")
    }
    guard let order else { return nil }
    self.order = order
    proof = firstAdmin != nil ? .firstAdmin : invitation != nil ? .invitation : .nothing
    token = firstAdmin ?? invitation ?? ""
  }
}
