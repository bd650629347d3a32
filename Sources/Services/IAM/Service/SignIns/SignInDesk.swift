internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit

/// Signs users in, keeps them signed in, and out.
struct SignInDesk: Sendable {
  let ports: IAMPorts
  let keys: KeyKeeper
  /// What passwords of users that do not exist are checked against, so that it takes as long.
  let dummy: DummyHash
  private var shelf: Shelf { Shelf(ports: ports) }
  private var gate: Gate { Gate(ports: ports) }
  private var ledger: Ledger { Ledger(ports: ports) }

  // MARK: In

  func logIn(
    _ request: RouteRequest, name: String, password: String
  ) async throws(Problem) -> HTTPResponse {
    let account = gate.account(name)
    let source = gate.source(
      "login-source", request.http.peer, ports.configuration.loginsPerSource)
    try await gate.enter([account, source])
    let user = UserName(name) == nil ? nil : try await shelf.get(IAMTables.users, .text(name))
    let verdict = try await verdict(password, user?.record, returning: [account, source])
    guard let user, !user.record.isDisabled, case .same(let isOutdated) = verdict else {
      throw Problem.badCredentials
    }
    let better = isOutdated ? try? await hash(password) : nil
    return try await ledger.perform(request, "POST /v1/auth/login") {
      () async throws(Problem) in
      try await begin(for: name, like: user.record, rehashed: better, request, [account, source])
    }
  }

  /// Takes as long whoever the user is, and whether there is one.
  private func verdict(
    _ password: String, _ user: UserRecord?, returning counters: [Gate.Counter]
  ) async throws(Problem) -> PasswordVerdict {
    let bytes = Array(password.utf8)
    do throws(PasswordHasherError) {
      let known = user.map(\.passwordHash) ?? ""
      let hash = known.isEmpty ? try await dummy.text(ports) : known
      guard bytes.count <= PasswordLimits.passwordBytesMax else {
        _ = try await ports.hasher.verify([], against: hash)
        return .different
      }
      let verdict = try await ports.hasher.verify(bytes, against: hash)
      return known.isEmpty ? .different : verdict
    } catch {
      if error == .busy { await gate.leave(counters) }
      throw Problem(error)
    }
  }

  func hash(_ password: String) async throws(Problem) -> String {
    do throws(PasswordHasherError) {
      return try await ports.hasher.hash(
        Array(password.utf8),
        salt: ports.context.randomness.bytes(PasswordHash.saltBytesNew))
    } catch {
      throw Problem(error)
    }
  }

  private func begin(
    for name: String, like known: UserRecord, rehashed: String?, _ request: RouteRequest,
    _ counters: [Gate.Counter]
  ) async throws(Problem) -> Decision {
    let user = try await shelf.user(name)
    // The password was checked against this very hash, and nobody took the user back since.
    guard user.record.id == known.id, user.record.passwordHash == known.passwordHash,
      !user.record.isDisabled
    else { throw Problem.badCredentials }
    var entries: [RecordBatch.Entry] = []
    if let rehashed {
      var record = user.record
      record.passwordHash = rehashed
      entries.append(IAMTables.users.update(record, over: user.version))
    } else {
      entries.append(IAMTables.users.guard([.text(name)], at: user.version))
    }
    let now = ports.now
    let machine = SignIn(startedAt: now, limits: ports.configuration.signIns)
    var signIn = SignInRecord(
      id: ports.context.newID(SignInID.self).text, user: name, userId: user.record.id,
      epoch: user.record.epoch, startedAtUs: now.microseconds,
      source: AuditEntry.host(request.http.peer))
    signIn.take(machine)
    guard
      let token = SecretToken(
        .refresh, secret: ports.context.randomness.bytes(SecretToken.secretBytes))
    else { throw Problem(500, "no-token", "a token could not be made") }
    entries.append(IAMTables.signIns.insert(signIn))
    entries.append(
      IAMTables.refreshes.insert(
        RefreshRecord(digest: ports.vault.name(of: token), signIn: signIn.id)))
    for (counter, event) in zip(counters, [LoginThrottle.Event.succeeded, .returned]) {
      if let entry = try await gate.entry(event, counter) { entries.append(entry) }
    }
    return Decision(
      entries: entries, body: try answer(user.record, signIn, token),
      fields: ["user": name, "signIn": signIn.id])
  }

  // MARK: On

  func refresh(_ request: RouteRequest, token text: String) async throws(Problem) -> HTTPResponse {
    guard let token = SecretToken(text: text), token.kind == .refresh else {
      throw Problem.badCredentials
    }
    return try await ledger.perform(request, "POST /v1/auth/refresh") {
      () async throws(Problem) in try await advance(token)
    }
  }

  private func advance(_ token: SecretToken) async throws(Problem) -> Decision {
    let shown = try await shelf.get(IAMTables.refreshes, .text(ports.vault.name(of: token)))
    guard let shown,
      let signIn = try await shelf.get(IAMTables.signIns, .text(shown.record.signIn)),
      let successor = ports.vault.successor(of: token)
    else { throw Problem.badCredentials }
    var record = signIn.record
    var machine = record.signIn(ports.configuration.signIns)
    let user = try await shelf.get(IAMTables.users, .text(record.user))
    let isGood =
      user.map { user in
        user.record.id == record.userId && !user.record.isDisabled
          && record.epoch >= user.record.signInsEpoch
      } ?? false
    let event: SignIn.Event =
      isGood ? .presented(generation: Int(clamping: shown.record.generation)) : .revoked
    var decision = Decision(fields: ["user": record.user, "signIn": record.id])
    if !isGood { decision.refusal = .badCredentials }
    for effect in machine.apply(event, at: ports.now) {
      switch effect {
      case .issue(let generation):
        decision.entries.append(
          IAMTables.refreshes.insert(
            RefreshRecord(
              digest: ports.vault.name(of: successor), signIn: record.id,
              generation: Int64(generation))))
      case .repeated: decision.fields["repeated"] = "true"
      case .end(let end):
        decision.fields["end"] = end.rawValue
        decision.entries += try await shelf.void(record.id, before: .max)
        ports.context.telemetry.count("sign_ins_ended", 1, [("end", end.rawValue)])
      case .refuse: decision.refusal = .badCredentials
      case .forget: break
      }
    }
    record.take(machine)
    if record != signIn.record {
      decision.entries.append(IAMTables.signIns.update(record, over: signIn.version))
    }
    guard decision.refusal == nil, let user else { return decision }
    decision.entries.append(IAMTables.users.guard([.text(record.user)], at: user.version))
    decision.body = try answer(user.record, record, successor)
    return decision
  }

  // MARK: Out

  func logOut(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    guard !request.principal.signIn.isEmpty else {
      throw Problem(
        409, "not-signed-in",
        "these credentials do not come from a sign-in; withdraw the token instead")
    }
    return try await ledger.perform(request, "POST /v1/auth/logout") {
      () async throws(Problem) in
      var decision = Decision.nothing
      decision.fields = ["signIn": request.principal.signIn]
      let row = try await shelf.get(IAMTables.signIns, .text(request.principal.signIn))
      guard let row else { return decision }
      var (record, machine) = (row.record, row.record.signIn(ports.configuration.signIns))
      guard !machine.apply(.signedOut, at: ports.now).isEmpty else { return decision }
      record.take(machine)
      decision.entries = try await shelf.void(record.id, before: .max)
      decision.entries.append(IAMTables.signIns.update(record, over: row.version))
      return decision
    }
  }

  // MARK: Tokens

  private func answer(
    _ user: UserRecord, _ signIn: SignInRecord, _ refresh: SecretToken
  ) throws(Problem) -> Value {
    let life = ports.configuration.accessTokenLife
    let grants = RoleGrants(texts: user.roles) ?? RoleGrants()
    let claims = AccessClaims(
      issuer: ports.configuration.rules.issuer, audience: ports.configuration.rules.audience,
      subject: user.id, signIn: signIn.id, tokenID: ports.context.newID(TokenID.self).text,
      name: user.name, epoch: user.epoch, grants: grants, issuedAt: ports.now, life: life)
    guard let (id, key) = keys.current else {
      throw Problem.unavailable("there is no key to sign with yet")
    }
    let access = CompactJWS.text(
      claims.payload, type: AccessClaims.type, keyID: id, key: key, signer: ports.signer)
    return .record([
      ("accessToken", .string(access)), ("tokenType", .string("Bearer")),
      ("expiresIn", .integer(life.wholeMilliseconds / 1_000)),
      ("refreshToken", .string(refresh.text)), ("user", .string(user.name)),
    ])
  }
}
