internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Ends what has had its time, and forgets what nobody needs any more. Being late changes nothing:
/// every deadline is judged where it matters, too.
struct Sweeper: Sendable {
  let ports: IAMPorts

  /// Until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      try? await ports.context.time.sleep(for: ports.configuration.sweepEvery)
      guard !Task.isCancelled else { return }
      await sweep()
    }
  }

  func sweep() async {
    await sweep(IAMTables.throttles, index: "deadlines", before: ports.now) {
      [
        IAMTables.throttles.delete(
          [.text($0.record.kind), .text($0.record.subject)], over: $0.version)
      ]
    }
    await sweep(
      IAMTables.voids, index: "times", before: ports.now - ports.configuration.voidsKeptFor * 2
    ) { [IAMTables.voids.delete([.text($0.record.subject)], over: $0.version)] }
    await sweep(
      IAMTables.answers, index: "age", before: ports.now - ports.configuration.answersKeptFor
    ) { row in
      let key = [row.record.principal, row.record.route, row.record.key].map(RecordValue.text)
      return [IAMTables.answers.delete(key, over: row.version)]
    }
    await sweep(IAMTables.invitations, index: "deadlines", before: ports.now) {
      [IAMTables.invitations.delete([.text($0.record.digest)], over: $0.version)]
    }
    await sweep(IAMTables.tokens, index: "deadlines", before: ports.now) { tokens($0) }
    await sweep(IAMTables.signIns, index: "deadlines", before: ports.now) {
      row async throws(StoreError) in try await signIns(row)
    }
  }

  /// One batch for each row: one that somebody else changes meanwhile does not hold up the others.
  private func sweep<Record: WireMessage & Sendable>(
    _ table: Table<Record>, index: String, before end: Moment,
    _ entries: (Versioned<Record>) async throws(StoreError) -> [RecordBatch.Entry]
  ) async {
    do throws(StoreError) {
      let page = try await ports.store.query(
        table,
        RecordQuery(
          table: table.name, index: index, upper: .including(.integer(end.microseconds)),
          limit: ports.configuration.rowsSweptAtOnceMax))
      for row in page.records {
        let entries = try await entries(row)
        guard !entries.isEmpty else { continue }
        do throws(StoreError) {
          _ = try await ports.store.commit(RecordBatch(entries: entries))
        } catch {
          if error != .conflict && error != .outcomeUnknown { throw error }
        }
      }
    } catch {
      ports.context.telemetry.log(
        .warning, "sweep.failed", [("table", table.name), ("error", "\(error)")])
    }
  }

  private func tokens(_ row: Versioned<TokenRecord>) -> [RecordBatch.Entry] {
    var (record, machine) = (row.record, row.record.token(ports.configuration.tokens))
    if machine.apply(.timeReached, at: ports.now) == [.forget] {
      return [IAMTables.tokens.delete([.text(record.digest)], over: row.version)]
    }
    record.take(machine)
    return record == row.record ? [] : [IAMTables.tokens.update(record, over: row.version)]
  }

  /// The tokens of a sign-in are forgotten with it; what does not fit into one batch, before it.
  private func signIns(
    _ row: Versioned<SignInRecord>
  ) async throws(StoreError) -> [RecordBatch.Entry] {
    var (record, machine) = (row.record, row.record.signIn(ports.configuration.signIns))
    let effects = machine.apply(.timeReached, at: ports.now)
    guard effects == [.forget] else {
      record.take(machine)
      return record == row.record ? [] : [IAMTables.signIns.update(record, over: row.version)]
    }
    let page = try await ports.store.query(
      IAMTables.refreshes,
      RecordQuery(
        table: IAMTables.refreshes.name, index: "of_sign_in", prefix: [.text(record.id)],
        limit: 1_000))
    let tokens = page.records.map {
      IAMTables.refreshes.delete([.text($0.record.digest)], over: $0.version)
    }
    let end = IAMTables.signIns.delete([.text(record.id)], over: row.version)
    return page.next == nil ? tokens + [end] : tokens
  }
}
