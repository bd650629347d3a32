public import Domain

/// Which worker sessions have shown no life for a lease, as one observer sees them.
///
/// Like `PartitionLease`: judged by the observer's own clock since it last saw a session's row
/// change. Expiry itself is a write, and final.
public struct SessionWatch: Sendable {
  private struct Sighting: Sendable {
    var renewals: Int64
    var changedAt: Uptime
  }

  public let length: Duration
  private var sightings: SortedMap<SessionID, Sighting> = [:]

  public init(length: Duration) {
    self.length = length
  }

  /// Takes in all open sessions and answers which of them are over.
  public mutating func see(
    _ open: [(session: SessionID, renewals: Int64)], at now: Uptime
  ) -> [SessionID] {
    var next: [(SessionID, Sighting)] = []
    var over: [SessionID] = []
    for (session, renewals) in open {
      let known = sightings[session]
      let changedAt = known?.renewals == renewals ? known?.changedAt ?? now : now
      next.append(
        (session, Sighting(renewals: renewals, changedAt: changedAt)))
      if now - changedAt >= length { over.append(session) }
    }
    sightings = SortedMap(next)
    return over
  }
}

/// Attempts that a session holds by its leases and does not hold by its own word.
///
/// Once may be a claim whose answer is under way; twice in a row means that nobody runs it.
public struct DisownedAttempts: Sendable {
  /// Not named by the last report.
  public private(set) var suspects: SortedSet<AttemptID> = []

  public init() {}

  /// Takes in one full report of a session and answers which attempts are lost.
  public mutating func compare(leased: [AttemptID], held: SortedSet<AttemptID>) -> [AttemptID] {
    let missing = leased.filter { !held.contains($0) }
    let lost = missing.filter(suspects.contains)
    suspects = SortedSet(missing)
    return lost
  }
}
