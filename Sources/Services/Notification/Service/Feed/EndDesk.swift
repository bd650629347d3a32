internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit

/// Makes messages of the end of a run: works out who is told, and commits that once.
///
/// The ids of messages follow from run, revision and recipient, and the row that says "done" is
/// inserted last: whatever is repeated, by whomever, no recipient gets a second message. Ends that
/// concern nobody get such a row too, so that a subscription which is made later is not told of
/// them, however often the bus repeats them; whose clock said what when does not count.
struct EndDesk: Sendable {
  let ports: NotificationPorts
  let rules: RuleSource
  let wake: Signal

  /// Everything that one end leads to.
  private struct Outcome {
    var deliveries: [DeliveryRecord]
    var streaks: [RecordBatch.Entry]
  }

  /// - Parameter trace: of the run.
  /// - Returns: whether the end concerns nobody; the caller has to say so by `settle`.
  func take(_ end: RunEnd, _ trace: TraceContext? = nil) async throws -> Bool {
    let now = ports.context.time.now()
    guard end.endedAt > now - ports.configuration.endsTakenFor else {
      ports.context.telemetry.log(.info, "ends.too-old", [("run", end.run.text)])
      return false
    }
    let rules = try await rules.rules(
      RuleSource.Key(namespace: end.namespace, workflow: end.workflow, version: end.version))
    for attempt in 0..<ports.configuration.conflictsMax {
      do throws(StoreError) {
        guard try await !isDone(end, isInDoubt: attempt > 0) else { return false }
        let outcome = try await workOut(end, rules, trace)
        guard !outcome.deliveries.isEmpty || !outcome.streaks.isEmpty else { return true }
        try await commit(outcome, for: end, isRepeated: attempt > 0)
        if !outcome.deliveries.isEmpty { wake.wake() }
        return false
      } catch {
        guard error == .conflict || error == .outcomeUnknown else { throw error }
      }
    }
    throw StoreError.conflict
  }

  private func isDone(_ end: RunEnd, isInDoubt: Bool) async throws(StoreError) -> Bool {
    let key: [RecordValue] = [.text(end.run.text), .integer(end.revision)]
    let row =
      isInDoubt
      ? try await ports.store.settle(NotificationTables.ends, key: key)
      : try await ports.store.get(NotificationTables.ends, key: key)
    return row != nil
  }

  // MARK: Working it out

  private func workOut(
    _ end: RunEnd, _ rules: [NotifyRule], _ trace: TraceContext?
  ) async throws(StoreError) -> Outcome {
    let subscriptions = try await subscriptions(of: end)
    let known = try await streaks(end, subscriptions)
    let subscribers = subscriptions.map { id, record in
      Fanout.Subscriber(
        id: id, name: record.name, filter: record.filter, channel: record.channel,
        takesMessages: record.health.takesMessages,
        streak: known[id.text].map { Streak($0.record) } ?? Streak())
    }
    let fanout = Fanout(
      end, to: subscribers, rules: rules,
      ruleStreak: known[EndDesk.rulesSubject].map { Streak($0.record) } ?? Streak())
    for name in fanout.unknownWebhooks {
      ports.context.telemetry.log(
        .warning, "rule.unknown-webhook",
        [("namespace", end.namespace.text), ("workflow", end.workflow.text), ("name", name)])
    }
    let now = ports.context.time.now()
    let deliveries = fanout.messages.map { message in
      DeliveryRecord(id(of: message.recipient, end), message, end, trace, at: now)
    }
    let changed =
      fanout.streaks.map { ($0.id.text, $0.streak) }
      + (fanout.ruleStreak.map { [(EndDesk.rulesSubject, $0)] } ?? [])
    let streaks = changed.map { subject, streak in
      let record = StreakRecord(
        namespace: end.namespace.text, subject: subject, workflow: end.workflow.text,
        isFailing: streak.isFailing, lastEndedAtUs: streak.lastEndedAt.microseconds,
        lastRun: streak.lastRun?.text ?? "")
      return known[subject].map { NotificationTables.streaks.update(record, over: $0.version) }
        ?? NotificationTables.streaks.insert(record)
    }
    return Outcome(deliveries: deliveries, streaks: streaks)
  }

  private static let rulesSubject = "rules"

  private func subscriptions(
    of end: RunEnd
  ) async throws(StoreError) -> [(SubscriptionID, SubscriptionRecord)] {
    var found: [(SubscriptionID, SubscriptionRecord)] = []
    var after: RecordCursor?
    repeat {
      let page = try await ports.store.query(
        NotificationTables.subscriptions,
        RecordQuery(
          table: NotificationTables.subscriptions.name, index: "names",
          prefix: [.text(end.namespace.text)], limit: 500, after: after))
      for row in page.records {
        if let id = row.record.id { found.append((id, row.record)) }
      }
      after = page.next
    } while after != nil
    return found
  }

  private func streaks(
    _ end: RunEnd, _ subscriptions: [(SubscriptionID, SubscriptionRecord)]
  ) async throws(StoreError) -> SortedMap<String, Versioned<StreakRecord>> {
    let subjects =
      subscriptions.filter { $0.1.filter.occasions.contains(.recovered) }.map(\.0.text)
      + [EndDesk.rulesSubject]
    let rows = try await ports.store.get(
      NotificationTables.streaks,
      subjects.map { [.text(end.namespace.text), .text(end.workflow.text), .text($0)] })
    return SortedMap(zip(subjects, rows).compactMap { pair in pair.1.map { (pair.0, $0) } })
  }

  private func id(of recipient: Fanout.Recipient, _ end: RunEnd) -> DeliveryID {
    let text = "\(end.run) \(end.revision)\n\(recipient.text)"
    return DeliveryID(endedAt: end.endedAt, digest: ports.digest.digest(Array(text.utf8)))
  }

  // MARK: Committing it

  /// In several commits when there is much; the last one says that all is there.
  private func commit(
    _ outcome: Outcome, for end: RunEnd, isRepeated: Bool
  ) async throws(StoreError) {
    let step = ports.configuration.rowsPerCommitMax
    var missing = outcome.deliveries
    if isRepeated || missing.count > step { missing = try await notThere(missing) }
    while missing.count > step {
      _ = try await ports.store.commit(
        RecordBatch(entries: missing.prefix(step).map(NotificationTables.deliveries.insert)))
      missing.removeFirst(step)
    }
    _ = try await ports.store.commit(
      RecordBatch(
        entries: missing.map(NotificationTables.deliveries.insert) + outcome.streaks
          + [done(end, messages: outcome.deliveries.count)]))
  }

  private func done(_ end: RunEnd, messages: Int) -> RecordBatch.Entry {
    NotificationTables.ends.insert(
      NotifiedEndRecord(
        run: end.run.text, revision: end.revision,
        takenAtUs: ports.context.time.now().microseconds, messages: Int64(messages)))
  }

  /// Writes down that ends were worked out which concern nobody: all in one commit, and one by one
  /// only when somebody else has written some of them.
  func settle(_ ends: [RunEnd]) async throws(StoreError) {
    var entries: SortedMap<String, RecordBatch.Entry> = [:]
    for end in ends { entries["\(end.run) \(end.revision)"] = done(end, messages: 0) }
    guard !entries.isEmpty else { return }
    do throws(StoreError) {
      _ = try await ports.store.commit(RecordBatch(entries: entries.values))
      return
    } catch {
      guard error == .conflict else { throw error }
    }
    for entry in entries.values {
      do throws(StoreError) {
        _ = try await ports.store.commit(RecordBatch(entries: [entry]))
      } catch {
        guard error == .conflict else { throw error }
      }
    }
  }

  /// Those that no commit before has inserted, those in doubt decided.
  private func notThere(
    _ records: [DeliveryRecord]
  ) async throws(StoreError) -> [DeliveryRecord] {
    let table = NotificationTables.deliveries
    let rows = try await ports.store.settle(table.name, records.map { table.row($0).key })
    return zip(records, rows).filter { $0.1 == nil }.map(\.0)
  }
}

extension Streak {
  init(_ record: StreakRecord) {
    self.init(
      isFailing: record.isFailing, lastEndedAt: Moment(microseconds: record.lastEndedAtUs),
      lastRun: RunID(text: record.lastRun))
  }
}
