internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Answers what other services ask.
struct IdentityHandler: RPCHandler {
  let ports: IAMPorts
  let keys: KeyKeeper
  let trail: StoredAuditTrail

  static let entriesPerCallMax = 1_000

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    switch method {
    case IdentityMethods.validateToken:
      return try await validate(decoded(request)).encoded()
    case IdentityMethods.getTrust:
      return try await trust(decoded(request)).encoded()
    case IdentityMethods.recordAudit:
      return try await record(decoded(request)).encoded()
    default:
      throw RPCError(.unimplemented, "no method \(method)")
    }
  }

  private func decoded<Message: WireMessage>(_ bytes: [UInt8]) throws(RPCError) -> Message {
    do {
      return try Message(decoding: bytes)
    } catch {
      throw RPCError(.invalidArgument, "the request cannot be decoded")
    }
  }

  private func get<Record>(
    _ table: Table<Record>, _ key: RecordValue...
  ) async throws(RPCError) -> Versioned<Record>? {
    do throws(StoreError) {
      return try await ports.store.get(table, key: key)
    } catch {
      throw RPCError(.unavailable, "the store does not answer")
    }
  }

  private static let notGood = RPCError(.unauthenticated, "the token is not good")

  // MARK: Tokens

  private func validate(
    _ request: ValidateTokenRequest
  ) async throws(RPCError) -> ValidateTokenResponse {
    if let token = SecretToken(text: request.token) { return try await validate(token) }
    return try await validate(access: request.token)
  }

  private func validate(access text: String) async throws(RPCError) -> ValidateTokenResponse {
    let published = keys.published.compactMap { key in
      SignatureAlgorithm(rawValue: key.algorithm).map {
        (key.id.text, VerifyingKey($0, bytes: key.publicKey))
      }
    }
    guard
      let jws = try? CompactJWS(text, keys: SortedMap(published), signer: ports.signer),
      jws.type == AccessClaims.type, let claims = AccessClaims(payload: jws.payload),
      claims.fault(ports.configuration.rules, at: ports.now) == nil
    else { throw IdentityHandler.notGood }
    let user = try await get(IAMTables.users, .text(claims.name))
    let signIn = try await get(IAMTables.signIns, .text(claims.signIn))
    guard let user = user?.record, user.id == claims.subject, !user.isDisabled,
      claims.epoch >= user.epoch, let signIn = signIn?.record, signIn.end.isEmpty,
      signIn.userId == user.id
    else { throw IdentityHandler.notGood }
    let grants = RoleGrants(texts: user.roles) ?? RoleGrants()
    return ValidateTokenResponse(
      subject: user.id, name: user.name, kind: Principal.Kind.user.rawValue,
      grants: messages(Reach(grants), grants), expiresAtUs: claims.expiresAt.microseconds,
      signIn: signIn.id)
  }

  private func validate(_ token: SecretToken) async throws(RPCError) -> ValidateTokenResponse {
    let row = try await get(IAMTables.tokens, .text(ports.vault.name(of: token)))
    guard let row else { throw IdentityHandler.notGood }
    var machine = row.record.token(ports.configuration.tokens)
    let effects = machine.apply(.presented, at: ports.now)
    guard effects.contains(.accept) else { throw IdentityHandler.notGood }
    let record = row.record
    let (grants, kind) = try await holder(record)
    if effects.contains(.noteUse) {
      var used = record
      used.take(machine)
      // May be lost: somebody else notes the same use.
      _ = try? await ports.store.commit(
        RecordBatch(entries: [IAMTables.tokens.update(used, over: row.version)]))
    }
    let namespace = record.namespace.isEmpty ? nil : NamespaceName(record.namespace)
    let reach = Reach(grants).limited(to: record.permissions, in: namespace)
    let isWhole = !record.isScoped && namespace == nil
    return ValidateTokenResponse(
      subject: record.ownerId, name: record.owner, kind: kind.rawValue,
      grants: messages(reach, isWhole ? grants : RoleGrants()), expiresAtUs: record.expiresAtUs)
  }

  /// What the owner of a token holds at this moment.
  private func holder(
    _ record: TokenRecord
  ) async throws(RPCError) -> (RoleGrants, Principal.Kind) {
    let (id, roles, isDisabled, kind): (String, SortedMap<String, String>, Bool, Principal.Kind)
    if let name = AccountName(text: record.owner) {
      let row = try await get(IAMTables.accounts, .text(name.namespace.text), .text(name.name))
      guard let account = row?.record else { throw IdentityHandler.notGood }
      (id, roles, isDisabled, kind) = (
        account.id, account.roles, account.isDisabled, .serviceAccount
      )
    } else {
      guard let user = try await get(IAMTables.users, .text(record.owner))?.record else {
        throw IdentityHandler.notGood
      }
      (id, roles, isDisabled, kind) = (user.id, user.roles, user.isDisabled, .user)
    }
    guard id == record.ownerId, !isDisabled else { throw IdentityHandler.notGood }
    return (RoleGrants(texts: roles) ?? RoleGrants(), kind)
  }

  private func messages(
    _ reach: Reach, _ grants: RoleGrants
  ) -> [ValidateTokenResponse.Grant] {
    func message(
      _ place: GrantPlace, _ permissions: SortedSet<Permission>
    ) -> ValidateTokenResponse.Grant {
      ValidateTokenResponse.Grant(
        place: place.text, role: grants[place]?.rawValue ?? "",
        permissions: permissions.map(\.rawValue))
    }
    let installation =
      reach.installation.isEmpty ? [] : [message(.installation, reach.installation)]
    return installation + reach.namespaces.map { message(.namespace($0.key), $0.value) }
  }

  // MARK: Trust

  private func trust(_ request: GetTrustRequest) async throws(RPCError) -> GetTrustResponse {
    let limit = ports.configuration.voidsPerAnswerMax
    let ring: KeyRing
    var after: Int64
    var voids: [Versioned<VoidRecord>] = []
    var isComplete = true
    do throws(StoreError) {
      let row = try await ports.store.get(IAMTables.rings, key: [.text(KeyRingRecord.key)])
      ring = (row?.record ?? KeyRingRecord()).machine(ports.configuration.keys)
      let count = try await ports.store.get(
        IAMTables.voidCounts, key: [.text(VoidCountRecord.key)])
      // Who knows more than there is knows of another store, of which this one is not the sequel.
      after = request.after <= count?.record.last ?? 0 ? max(request.after, 0) : 0
      var cursor: RecordCursor?
      // Every void is counted in the commit that makes it: mostly there is none to ask for.
      if after < count?.record.last ?? 0 {
        repeat {
          let page = try await ports.store.query(
            IAMTables.voids,
            RecordQuery(
              table: IAMTables.voids.name, index: "numbers", lower: .excluding(.integer(after)),
              limit: limit, after: cursor))
          voids += page.records
          cursor = page.next
          isComplete = cursor == nil
        } while !isComplete && voids.count < limit * 10
      }
    } catch {
      throw RPCError(.unavailable, "the store does not answer")
    }
    return GetTrustResponse(
      keys: ring.keys.map {
        GetTrustResponse.Key(id: $0.id.text, algorithm: $0.algorithm, publicKey: $0.publicKey)
      },
      voids: voids.map {
        GetTrustResponse.Void(subject: $0.record.subject, epoch: $0.record.epoch)
      }, isComplete: isComplete, through: voids.last?.record.number ?? after)
  }

  // MARK: Audit

  private func record(_ request: RecordAuditRequest) async throws(RPCError) -> RecordAuditResponse {
    guard request.entries.count <= IdentityHandler.entriesPerCallMax,
      request.entries.allSatisfy({ AuditID(text: $0.id) != nil })
    else { throw RPCError(.invalidArgument, "too many entries, or one without an id") }
    let entries = SortedMap(request.entries.map { ($0.id, AuditRecord($0)) })
    do throws(StoreError) {
      if !entries.isEmpty { try await trail.keep(entries.values) }
      return RecordAuditResponse()
    } catch {
      if case .refused(let why) = error { throw RPCError(.invalidArgument, why) }
      throw RPCError(.unavailable, "the store does not answer")
    }
  }
}
