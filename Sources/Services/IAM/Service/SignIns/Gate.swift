internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit

/// Counts attempts before anybody looks at them.
struct Gate: Sendable {
  let ports: IAMPorts
  private var shelf: Shelf { Shelf(ports: ports) }

  /// What attempts are counted by.
  struct Counter: Sendable {
    var kind: String
    var subject: String
    var limits: LoginThrottle.Limits
  }

  /// By name, whether there is such an account or not.
  func account(_ name: String) -> Counter {
    // Names of any length come in; what cannot be a name is counted by its digest.
    let subject =
      UserName(name) == nil ? ports.digest.hexadecimal(of: Array(name.utf8)) : name
    return Counter(
      kind: "login-account", subject: subject, limits: ports.configuration.loginsPerAccount)
  }

  func source(_ kind: String, _ peer: String, _ limits: LoginThrottle.Limits) -> Counter {
    Counter(kind: kind, subject: Gate.prefix(of: AuditEntry.host(peer)), limits: limits)
  }

  /// An address of version 4 as it is; of version 6 the half that a site has (RFC 4291 §2.5.4).
  static func prefix(of host: String) -> String {
    guard host.contains(":") else { return String(host.prefix(64)) }
    let halves = host.prefix(64).split(separator: ":", omittingEmptySubsequences: false)
    guard let gap = halves.firstIndex(of: ""), gap < 4 else {
      return halves.prefix(4).joined(separator: ":")
    }
    return halves.prefix(gap).joined(separator: ":") + "::"
  }

  /// - Throws: 429 when one of them has been tried too often. Many at once are no way around: each
  ///   is written down before it may go on.
  func enter(_ counters: [Counter]) async throws(Problem) {
    for _ in 0..<ports.configuration.conflictsMax {
      var entries: [RecordBatch.Entry] = []
      let now = ports.now
      for counter in counters {
        let row = try await row(counter)
        var throttle = row?.record.throttle(counter.limits) ?? LoginThrottle(limits: counter.limits)
        for effect in throttle.apply(.attempted, at: now) {
          guard case .refuse(let until) = effect else { continue }
          throw Problem.busy(max(1, ((until - now).wholeMilliseconds + 999) / 1_000))
        }
        if let entry = entry(throttle, counter, over: row) { entries.append(entry) }
      }
      do throws(StoreError) {
        _ = try await ports.store.commit(RecordBatch(entries: entries))
        return
      } catch {
        if error != .conflict { throw Problem(error) }
      }
    }
    // Whoever tries so often at once has tried too often.
    throw Problem.busy(1)
  }

  /// The row that tells what came of an attempt, if there is any.
  func entry(
    _ event: LoginThrottle.Event, _ counter: Counter
  ) async throws(Problem) -> RecordBatch.Entry? {
    guard let row = try await row(counter) else { return nil }
    var throttle = row.record.throttle(counter.limits)
    _ = throttle.apply(event, at: ports.now)
    return entry(throttle, counter, over: row)
  }

  /// Takes attempts back that nobody has looked at. May be lost: then they count.
  func leave(_ counters: [Counter]) async {
    for counter in counters {
      guard let entry = try? await entry(.returned, counter) else { continue }
      _ = try? await ports.store.commit(RecordBatch(entries: [entry]))
    }
  }

  private func row(_ counter: Counter) async throws(Problem) -> Versioned<ThrottleRecord>? {
    try await shelf.get(IAMTables.throttles, .text(counter.kind), .text(counter.subject))
  }

  private func entry(
    _ throttle: LoginThrottle, _ counter: Counter, over row: Versioned<ThrottleRecord>?
  ) -> RecordBatch.Entry? {
    guard case .counting(let failures, let last) = throttle.phase else {
      return row.map {
        IAMTables.throttles.delete(
          [.text(counter.kind), .text(counter.subject)], over: $0.version)
      }
    }
    let record = ThrottleRecord(
      kind: counter.kind, subject: counter.subject, failures: Int64(failures),
      lastAtUs: last.microseconds,
      deadlineUs: (throttle.deadline ?? .distantFuture).microseconds)
    return row.map { IAMTables.throttles.update(record, over: $0.version) }
      ?? IAMTables.throttles.insert(record)
  }
}
