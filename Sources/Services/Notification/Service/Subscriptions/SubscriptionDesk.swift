internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit

/// Subscriptions: made, found, changed, deleted. Every change starts over when somebody else was
/// faster.
struct SubscriptionDesk: Sendable {
  let ports: NotificationPorts

  private var table: Table<SubscriptionRecord> { NotificationTables.subscriptions }

  // MARK: Finding

  /// By id, or by name in a namespace.
  func find(
    _ text: String, in namespace: NamespaceName
  ) async throws(Problem) -> Versioned<SubscriptionRecord>? {
    do throws(StoreError) {
      if let id = SubscriptionID(text: text) {
        return try await ports.store.get(table, key: [.text(id.text)])
      }
      guard Slug.isValid(text) else { return nil }
      return try await ports.store.query(
        table,
        RecordQuery(
          table: table.name, index: "names", prefix: [.text(namespace.text), .text(text)], limit: 1)
      ).records.first
    } catch {
      throw Problem(error)
    }
  }

  // MARK: Making

  /// A new subscription and, for a webhook, its secret, which is shown this once.
  func create(
    _ draft: SubscriptionDraft, in namespace: NamespaceName, by principal: String
  ) async throws(Problem) -> (record: SubscriptionRecord, secret: WebhookSecret?) {
    let now = ports.context.time.now().microseconds
    let secret = draft.url == nil ? nil : newSecret()
    var record = SubscriptionRecord(
      subscription: ports.context.newID(SubscriptionID.self).text, namespace: namespace.text,
      name: draft.name ?? "", labels: draft.labels ?? [:], mail: draft.mail ?? [],
      phase: "active", createdAtUs: now, updatedAtUs: now,
      principal: principal, revision: 1, description: draft.description ?? "")
    record.filter = SubscriptionFilter(
      occasions: draft.occasions ?? [.failed, .recovered], workflows: draft.workflows ?? [],
      labels: draft.labels ?? [:])
    if let url = draft.url { setAddress(url, of: &record) }
    if let secret {
      record.secrets = [
        SubscriptionRecord.Secret(
          sealed: sealed(secret, of: record.subscription), createdAtUs: now)
      ]
    }
    for _ in 0..<ports.configuration.conflictsMax {
      do throws(StoreError) {
        if try await isThere(record) { return (record, secret) }
        let root = try await self.root(of: namespace)
        let counted = try count(record, 1, in: root?.record ?? .init(namespace: namespace.text))
        _ = try await ports.store.commit(
          RecordBatch(entries: [
            root.map { NotificationTables.namespaces.update(counted, over: $0.version) }
              ?? NotificationTables.namespaces.insert(counted),
            table.insert(record),
          ]))
        return (record, secret)
      } catch {
        switch error {
        case .conflict, .outcomeUnknown: continue
        case .refused(let why): throw try await refusal(why, record, namespace)
        case .unavailable: throw Problem(error)
        }
      }
    }
    throw Problem(StoreError.conflict)
  }

  func setAddress(_ url: String, of record: inout SubscriptionRecord) {
    record.setAddress(url, ports.webhookSeal, ports.context.randomness)
  }

  private func sealed(_ secret: WebhookSecret, of subscription: String) -> [UInt8] {
    ports.webhookSeal.sealed(secret, of: subscription, ports.context.randomness)
  }

  /// Whether a commit whose outcome was unknown has made it.
  private func isThere(_ record: SubscriptionRecord) async throws(StoreError) -> Bool {
    try await ports.store.settle(table, key: [.text(record.subscription)]) != nil
  }

  private func root(
    of namespace: NamespaceName
  ) async throws(StoreError) -> Versioned<NotificationNamespaceRecord>? {
    try await ports.store.get(NotificationTables.namespaces, key: [.text(namespace.text)])
  }

  private func count(
    _ record: SubscriptionRecord, _ step: Int64, in root: NotificationNamespaceRecord
  ) throws(StoreError) -> NotificationNamespaceRecord {
    var root = root
    root.subscriptions += step
    if record.isWebhook { root.webhooks += step }
    let limits = ports.configuration
    if step > 0, root.subscriptions > limits.subscriptionsMax {
      throw .refused("a namespace has at most \(limits.subscriptionsMax) subscriptions")
    }
    if step > 0, root.webhooks > limits.webhooksMax {
      throw .refused("a namespace has at most \(limits.webhooksMax) webhooks")
    }
    return root
  }

  private func refusal(
    _ why: String, _ record: SubscriptionRecord, _ namespace: NamespaceName
  ) async throws(Problem) -> Problem {
    if let other = try await find(record.name, in: namespace), other.record.name == record.name {
      return Problem(
        409, "name-taken", "there is a subscription \(record.name) already; choose another name")
    }
    return Problem(422, "limit-reached", why)
  }

  private func newSecret() -> WebhookSecret? {
    WebhookSecret(bytes: ports.context.randomness.bytes(32))
  }

  // MARK: Changing

  /// - Parameter match: what the caller believes to be there.
  func change(
    _ id: String, match: EntityMatch? = nil,
    _ body: (inout SubscriptionRecord, Moment) throws(Problem) -> Void
  ) async throws(Problem) -> SubscriptionRecord {
    for attempt in 0..<ports.configuration.conflictsMax {
      let row = try await row(id, isInDoubt: attempt > 0)
      var record = row.record
      if let match, !match.allows("\(record.revision)") {
        throw SubscriptionDesk.changed(record)
      }
      let now = ports.context.time.now()
      try body(&record, now)
      record.sealAddress(ports.webhookSeal, ports.context.randomness)
      record.revision += 1
      record.updatedAtUs = now.microseconds
      if try await commit([table.update(record, over: row.version)]) { return record }
    }
    throw Problem(StoreError.conflict)
  }

  private func row(
    _ id: String, isInDoubt: Bool
  ) async throws(Problem) -> Versioned<SubscriptionRecord> {
    let found: Versioned<SubscriptionRecord>?
    do throws(StoreError) {
      found =
        isInDoubt
        ? try await ports.store.settle(table, key: [.text(id)])
        : try await ports.store.get(table, key: [.text(id)])
    } catch {
      throw Problem(error)
    }
    guard let found else { throw Problem.notFound("subscription \(id)") }
    return found
  }

  /// False when the caller has to decide anew.
  private func commit(_ entries: [RecordBatch.Entry]) async throws(Problem) -> Bool {
    do throws(StoreError) {
      _ = try await ports.store.commit(RecordBatch(entries: entries))
      return true
    } catch {
      guard error == .conflict || error == .outcomeUnknown else { throw Problem(error) }
      return false
    }
  }

  private static func changed(_ record: SubscriptionRecord) -> Problem {
    Problem(
      412, "subscription-changed",
      "the subscription is at revision \(record.revision) by now; read it and try again")
  }

  /// A new secret comes first; the one before it stays good for a while, older ones go.
  func rotate(
    _ id: String
  ) async throws(Problem) -> (record: SubscriptionRecord, secret: WebhookSecret?) {
    let secret = newSecret()
    let keptFor = ports.configuration.secretKeptFor
    // Sealed once, so that a change that is tried again knows itself.
    let bytes = secret.map { sealed($0, of: id) }
    let record = try await change(id) { record, now throws(Problem) in
      guard record.isWebhook, let bytes else {
        throw Problem(409, "no-secret", "a subscription by mail has no secret")
      }
      var secrets = record.secrets.prefix(1).filter { $0.sealed != bytes }
      for place in secrets.indices {
        secrets[place].goodUntilUs = (now + keptFor).microseconds
      }
      record.secrets =
        [SubscriptionRecord.Secret(sealed: bytes, createdAtUs: now.microseconds)] + secrets
    }
    return (record, secret)
  }

  func delete(_ record: SubscriptionRecord, match: EntityMatch?) async throws(Problem) {
    for _ in 0..<ports.configuration.conflictsMax {
      var entries: [RecordBatch.Entry] = []
      do throws(StoreError) {
        let key: [RecordValue] = [.text(record.subscription)]
        // Gone: a commit whose outcome was unknown, or somebody else.
        guard let row = try await ports.store.settle(table, key: key) else { return }
        if let match, !match.allows("\(row.record.revision)") {
          throw StoreError.refused("")
        }
        entries = [table.delete(key, over: row.version)]
        if let namespace = NamespaceName(record.namespace), let root = try await root(of: namespace)
        {
          entries.append(
            NotificationTables.namespaces.update(
              try count(record, -1, in: root.record), over: root.version))
        }
      } catch {
        if case .refused("") = error { throw SubscriptionDesk.changed(record) }
        throw Problem(error)
      }
      if try await commit(entries) { return }
    }
    throw Problem(StoreError.conflict)
  }

  // MARK: Trying out

  /// Messages that say nothing but that they are a test, due at once.
  func test(_ record: SubscriptionRecord) async throws(Problem) -> [DeliveryRecord] {
    guard let id = record.id, let namespace = NamespaceName(record.namespace) else {
      throw Problem.notFound("subscription \(record.subscription)")
    }
    let now = ports.context.time.now()
    let end = RunEnd(
      run: ports.context.newID(RunID.self), revision: 0, namespace: namespace,
      workflow: WorkflowName(unchecked: "test"), version: VersionID("test"), outcome: .succeeded,
      startedAt: now, endedAt: now)
    let recipients: [Fanout.Recipient] =
      record.isWebhook ? [.receiver(id)] : record.mail.map { .person($0) }
    let records = recipients.map { recipient in
      DeliveryRecord(
        ports.context.newID(DeliveryID.self),
        Fanout.Message(recipient: recipient, occasion: .test, subscription: id), end,
        CurrentTrace.context, at: now)
    }
    do throws(StoreError) {
      _ = try await ports.store.commit(
        RecordBatch(entries: records.map(NotificationTables.deliveries.insert)))
    } catch {
      throw Problem(error)
    }
    return records
  }
}
