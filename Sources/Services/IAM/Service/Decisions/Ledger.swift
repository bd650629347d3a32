internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Carries out decisions: in one batch the rows, the entry of the audit and, for a request with a
/// key, the answer that a repeated request gets.
struct Ledger: Sendable {
  let ports: IAMPorts

  static let keyBytesMax = 255

  /// - Parameters:
  ///   - body: the request's body; nil for requests whose answer is never given again.
  ///   - decide: reads and decides, without any effect of its own: after a conflict it is asked
  ///     anew.
  /// - Throws: what `decide` throws; 503 when it is not known whether it happened.
  func perform(
    _ request: RouteRequest, _ action: String, repeatable body: [UInt8]? = nil,
    _ decide: () async throws(Problem) -> Decision
  ) async throws(Problem) -> HTTPResponse {
    let key = try body.map { body throws(Problem) in try answerKey(request, action, body) } ?? nil
    for _ in 0..<ports.configuration.conflictsMax {
      let known = try await answer(to: key)
      if let known, let again = try again(known.record, key) { return again }
      let decision = try await decide()
      var entries = decision.entries + [audit(of: decision, request, action)]
      if let key, decision.refusal == nil {
        let answer = record(of: decision, key)
        entries.append(
          known.map { IAMTables.answers.update(answer, over: $0.version) }
            ?? IAMTables.answers.insert(answer))
      }
      do throws(StoreError) {
        _ = try await ports.store.commit(RecordBatch(entries: entries))
      } catch {
        if error == .conflict { continue }
        throw Problem(error)
      }
      request.audited()
      if let refusal = decision.refusal { throw refusal }
      return response(decision)
    }
    throw Problem(StoreError.conflict)
  }

  // MARK: Answers

  private func response(_ decision: Decision) -> HTTPResponse {
    response(
      decision.body, status: decision.status, location: decision.location, decision.token)
  }

  private func response(
    _ body: Value, status: Int, location: String, _ token: Decision.ShownToken?
  ) -> HTTPResponse {
    var body = body
    if case .object(var members) = body, let token,
      let shown = ports.vault.token(token.kind, id: token.id)
    {
      members["token"] = .string(shown.text)
      body = .object(members)
    }
    let fields = location.isEmpty ? [] : [HTTPField("Location", location)]
    if body == .null { return HTTPResponse(status: status, fields: HTTPFields(fields)) }
    return .json(body, status: status, fields: fields)
  }

  // MARK: Requests that are repeated

  private struct AnswerKey {
    var principal: String
    var route: String
    var key: String
    var code: [UInt8]
  }

  private func answerKey(
    _ request: RouteRequest, _ action: String, _ body: [UInt8]
  ) throws(Problem) -> AnswerKey? {
    let sent = request.http.fields.all("idempotency-key")
    guard let first = sent.first else { return nil }
    let key = first.filter { $0 != "\"" }
    guard sent.count == 1, (1...Ledger.keyBytesMax).contains(key.utf8.count),
      key.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else {
      throw Problem(
        400, "bad-idempotency-key",
        "Idempotency-Key takes one value of 1 to \(Ledger.keyBytesMax) visible ASCII characters")
    }
    let path = [UInt8]((request.http.path + "\n").utf8)
    return AnswerKey(
      principal: request.principal.id, route: action, key: key,
      code: ports.vault.code(ofRequest: path + body))
  }

  private func answer(
    to key: AnswerKey?
  ) async throws(Problem) -> Versioned<AnswerRecord>? {
    guard let key else { return nil }
    do throws(StoreError) {
      return try await ports.store.get(
        IAMTables.answers, key: [.text(key.principal), .text(key.route), .text(key.key)])
    } catch {
      throw Problem(error)
    }
  }

  private func again(_ record: AnswerRecord, _ key: AnswerKey?) throws(Problem) -> HTTPResponse? {
    let age = ports.now - Moment(microseconds: record.createdAtUs)
    guard age < ports.configuration.answersKeptFor else { return nil }
    guard let key, ConstantTime.isEqual(record.requestCode, key.code) else {
      throw Problem(
        409, "idempotency_key_reused",
        "the Idempotency-Key was used for another request; send a new key")
    }
    let token = SecretToken.Kind(rawValue: record.tokenKind).map {
      Decision.ShownToken(kind: $0, id: record.token)
    }
    let body = (try? Value(json: record.body)) ?? .null
    return response(body, status: Int(record.status), location: record.location, token)
  }

  private func record(of decision: Decision, _ key: AnswerKey) -> AnswerRecord {
    AnswerRecord(
      principal: key.principal, route: key.route, key: key.key, requestCode: key.code,
      status: Int32(clamping: decision.status), body: Array(decision.body.json.utf8),
      location: decision.location, token: decision.token?.id ?? "",
      tokenKind: decision.token?.kind.rawValue ?? "", createdAtUs: ports.now.microseconds)
  }

  // MARK: Audit

  private func audit(
    of decision: Decision, _ request: RouteRequest, _ action: String
  ) -> RecordBatch.Entry {
    let entry = AuditEntry(
      id: request.auditID, at: ports.now, request: request, action: action,
      outcome: decision.refusal == nil ? .done : .refused,
      status: decision.refusal?.status ?? decision.status, code: decision.refusal?.code ?? "")
    return IAMTables.audits.insert(
      AuditRecord(AuditEntryMessage(entry), fields: decision.fields))
  }
}

extension AuditRecord {
  init(_ entry: AuditEntryMessage, fields: SortedMap<String, String> = [:]) {
    self.init(
      id: entry.id, atUs: entry.atUs, actorId: entry.actorId, actor: entry.actor,
      actorKind: entry.actorKind, namespace: entry.namespace, action: entry.action,
      object: entry.object, outcome: entry.outcome, status: entry.status, code: entry.code,
      request: entry.request, source: entry.source, fields: fields)
  }
}
