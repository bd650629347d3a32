public import Domain

/// What the worker holds: attempts that run and results without an answer, with the count and the
/// hash that heartbeats carry.
public struct HeldSet: Hashable, Sendable {
  public private(set) var running: SortedMap<AttemptID, HeldAttempt> = [:]
  public private(set) var results: SortedMap<AttemptID, HeldResult> = [:]
  /// The wrapping sum of the hashes of all attempts held.
  public private(set) var hash: UInt64 = 0
  /// No attempt is due before this; it may be too early, never too late.
  private var runningDueAt: Uptime?
  /// No result is due before this; it may be too early, never too late.
  private var resultsDueAt: Uptime?
  /// The last result that a heartbeat named, so that the next one goes on behind it.
  private var lastNamed: AttemptID?

  public var count: Int { running.count + results.count }

  public func holds(_ attempt: AttemptID) -> Bool {
    running[attempt] != nil || results[attempt] != nil
  }

  /// All attempts held, in order.
  public var all: [AttemptID] { (running.keys + results.keys).sorted() }

  /// The next instant at which something held wants to be looked at.
  public var deadline: Uptime? {
    guard let runningDueAt else { return resultsDueAt }
    return resultsDueAt.map { min($0, runningDueAt) } ?? runningDueAt
  }

  mutating func add(_ attempt: AttemptID, _ held: HeldAttempt) {
    guard !holds(attempt) else { return }
    running[attempt] = held
    watch(held)
    hash &+= HeldSet.hash(of: attempt)
  }

  private mutating func watch(_ held: HeldAttempt?) {
    guard let deadline = held?.deadline else { return }
    runningDueAt = runningDueAt.map { min($0, deadline) } ?? deadline
  }

  /// The attempts that want to be looked at now.
  mutating func runningDue(at now: Uptime) -> [AttemptID] {
    guard let dueAt = runningDueAt, now >= dueAt else { return [] }
    runningDueAt = nil
    var due: [AttemptID] = []
    for (attempt, held) in running {
      guard let deadline = held.deadline else { continue }
      // It is watched again when it has been looked at.
      if deadline <= now { due.append(attempt) } else { watch(held) }
    }
    return due
  }

  mutating func apply(
    _ event: HeldAttempt.Event, to attempt: AttemptID, at now: Uptime
  ) -> [HeldAttempt.Effect] {
    let effects = running.update(attempt) { $0.apply(event, at: now) }
    watch(running[attempt])
    return effects ?? []
  }

  /// Takes an attempt out that does not run any more.
  mutating func end(_ attempt: AttemptID) -> HeldAttempt? {
    guard let held = running.removeValue(for: attempt) else { return nil }
    hash &-= HeldSet.hash(of: attempt)
    return held
  }

  mutating func add(_ result: AttemptResult) {
    guard !holds(result.attempt) else { return }
    results[result.attempt] = HeldResult(result)
    hash &+= HeldSet.hash(of: result.attempt)
  }

  mutating func apply(
    _ event: HeldResult.Event, to attempt: AttemptID, _ limits: WorkerLimits, at now: Uptime
  ) {
    results.update(attempt) { _ = $0.apply(event, limits, at: now) }
    guard let deadline = results[attempt]?.deadline else { return }
    resultsDueAt = resultsDueAt.map { min($0, deadline) } ?? deadline
  }

  /// The results to publish (again) now.
  mutating func resultsDue(_ limits: WorkerLimits, at now: Uptime) -> [AttemptResult] {
    guard let dueAt = resultsDueAt, now >= dueAt else { return [] }
    var due: [AttemptResult] = []
    resultsDueAt = nil
    for attempt in results.keys {
      let isDue = results.update(attempt) { $0.apply(.timeReached, limits, at: now) } ?? false
      guard let held = results[attempt] else { continue }
      if isDue { due.append(held.result) }
      if let deadline = held.deadline {
        resultsDueAt = resultsDueAt.map { min($0, deadline) } ?? deadline
      }
    }
    return due
  }

  /// Forgets a result; true when there was one.
  mutating func forget(_ attempt: AttemptID) -> Bool {
    guard results.removeValue(for: attempt) != nil else { return false }
    hash &-= HeldSet.hash(of: attempt)
    return true
  }

  /// The results that the next heartbeat names: all in turn, when they are too many for one.
  mutating func resultsToName(max: Int) -> [AttemptID] {
    let keys = results.keys
    guard keys.count > max, max > 0 else { return keys }
    var place = lastNamed.map { results.lowerBound(of: $0) } ?? 0
    if place < keys.count, keys[place] == lastNamed { place += 1 }
    var named = Array(keys[place...].prefix(max))
    named += keys.prefix(Swift.min(max - named.count, place))
    lastNamed = named.last
    return named
  }

  static func hash(of attempt: AttemptID) -> UInt64 {
    var hash = StableHash()
    hash.combine(attempt.description)
    return hash.value
  }
}
