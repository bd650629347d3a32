public import Domain

/// Who has the permits of one limit and who waits for one, oldest first.
///
/// Never are more permits held than the run that got the last one allows. How many are held is how
/// many claims hold one; nothing is counted beside them. Everything may come twice, late or out of
/// place. An event costs the same however long the line is, but for `cancelRunning`, whose line is
/// never longer than the limit.
public struct LimitMachine: Sendable {
  public enum Event: Hashable, Sendable {
    /// A run asks for a permit.
    case asked(LimitClaim)
    /// A run that has ended, or never began, wants no permit any more.
    case gaveBack(RunID)
    /// Those who hold a permit are told again, if it is time.
    case timeReached
  }

  /// What follows, all of it durable: it commits with the claims.
  public enum Effect: Hashable, Sendable {
    case store(RunID)
    case grant(RunID)
    case refuse(RunID, LimitRefusal)
    /// A run that has a permit is cancelled for the sake of a newer one.
    case supersede(RunID, by: RunID)
  }

  /// How long until those who hold a permit are told again.
  public static let checkEvery: Duration = .seconds(60)
  /// How long claims are kept that are over.
  public static let goneKept: Duration = .seconds(600)

  public let limit: LimitKey
  private var claims: SortedMap<RunID, LimitClaim>
  /// Those in line, oldest first; entries whose claim waits no more are dropped on the way.
  private var line = Heap<RunID>()
  private var holders: SortedSet<RunID> = []
  private var goneCount = 0
  private var effects: [Effect] = []
  private var isUnsettled = true

  /// - Parameter claims: those that are live; others are not needed.
  public init(_ limit: LimitKey, claims: [LimitClaim] = []) {
    self.limit = limit
    self.claims = SortedMap(claims.map { ($0.run, $0) })
    for claim in claims {
      switch claim.phase {
      case .waiting: line.push(claim.run)
      case .holding: holders.insert(claim.run)
      case .gone: goneCount += 1
      }
    }
  }

  public func claim(of run: RunID) -> LimitClaim? { claims[run] }

  /// How many hold a permit.
  public var heldCount: Int { holders.count }

  /// Whether nobody holds a permit or waits for one.
  public var isIdle: Bool { claims.count == goneCount }

  /// A claim that is over, learnt because its run asked again.
  public mutating func learn(_ claim: LimitClaim) {
    guard claims[claim.run] == nil, !claim.isLive else { return }
    claims[claim.run] = claim
    goneCount += 1
  }

  /// Takes in one event; `settle` says what else follows.
  public mutating func apply(_ event: Event, at now: Moment) {
    isUnsettled = true
    switch event {
    case .asked(let claim): ask(claim, at: now)
    case .gaveBack(let run): giveBack(run, at: now)
    case .timeReached: check(at: now)
    }
  }

  /// Grants what can be granted, until about this many rows have changed, and returns what follows
  /// from everything since the last time.
  public mutating func settle(rowsMax: Int, at now: Moment) -> [Effect] {
    isUnsettled = !supersede(rowsMax: rowsMax, at: now)
    if !isUnsettled { isUnsettled = !admit(rowsMax: rowsMax, at: now) }
    defer { effects = [] }
    return effects
  }

  /// Whether `settle` has more to do.
  public var hasWork: Bool { isUnsettled }

  public mutating func stamped(_ run: RunID, _ stamp: UInt64) {
    claims[run]?.stamp = stamp
  }

  /// Frees what is over, once it has been stored.
  public mutating func forgetGone() {
    // In one go now and then, so that the cost of one is the same in a long line.
    guard goneCount > 64, goneCount * 2 > claims.count || isIdle else { return }
    claims = SortedMap(claims.lazy.filter { $0.value.isLive }.map { ($0.key, $0.value) })
    goneCount = 0
  }

  // MARK: Events

  private mutating func ask(_ claim: LimitClaim, at now: Moment) {
    if let known = claims[claim.run] {
      switch known.phase {
      case .holding: effects.append(.grant(claim.run))
      case .gone(_, let refusal?): effects.append(.refuse(claim.run, refusal))
      case .waiting, .gone(_, nil): break
      }
      return
    }
    var claim = claim
    claim.phase = .waiting
    claim.stamp = 0
    let other = taken(from: claim)
    claims[claim.run] = claim
    switch (claim.onLimit, other) {
    case (.cancelNew, let other?):
      return refuse(claim.run, LimitRefusal(.taken, by: other), at: now)
    case (.skip, let other?):
      return refuse(claim.run, LimitRefusal(.skipped, by: other), at: now)
    case (.queue, _), (.cancelRunning, _), (_, nil):
      line.push(claim.run)
      effects.append(.store(claim.run))
    }
  }

  /// One of those who have the permits or are about to get them; nil when one is left for a run
  /// that has just come.
  private mutating func taken(from claim: LimitClaim) -> RunID? {
    guard claims.count - goneCount >= claim.size else { return nil }
    dropStale()
    return holders.first ?? line.first
  }

  private mutating func giveBack(_ run: RunID, at now: Moment) {
    guard let claim = claims[run] else {
      // It was faster than the request, which must find that it is over.
      claims[run] = LimitClaim(
        run, size: 1, onLimit: .queue, phase: .gone(until: now + LimitMachine.goneKept, nil))
      goneCount += 1
      effects.append(.store(run))
      return
    }
    guard claim.isLive else { return }
    end(run, nil, at: now)
  }

  private mutating func check(at now: Moment) {
    for run in holders {
      guard case .holding(let nextCheck, let newer)? = claims[run]?.phase, nextCheck <= now else {
        continue
      }
      claims[run]?.phase = .holding(
        nextCheck: now + LimitMachine.checkEvery, supersededBy: newer)
      effects += [.store(run), .grant(run)]
      if let newer { effects.append(.supersede(run, by: newer)) }
    }
  }

  // MARK: Decisions

  /// Who is in line gets a permit while there are free ones.
  ///
  /// - Returns: whether nothing is left to do.
  private mutating func admit(rowsMax: Int, at now: Moment) -> Bool {
    dropStale()
    while let next = line.first, let claim = claims[next], holders.count < claim.size {
      guard effects.count < rowsMax else { return false }
      line.pop()
      claims[next]?.phase = .holding(
        nextCheck: now + LimitMachine.checkEvery, supersededBy: nil)
      holders.insert(next)
      effects += [.store(next), .grant(next)]
      dropStale()
    }
    return true
  }

  private mutating func dropStale() {
    while let next = line.first, claims[next]?.phase != .waiting { line.pop() }
  }

  /// When the newest run says so, none but the newest go on.
  ///
  /// - Returns: whether nothing is left to do.
  private mutating func supersede(rowsMax: Int, at now: Moment) -> Bool {
    guard let newest = claims.values.last(where: \.isLive), newest.onLimit == .cancelRunning,
      claims.count - goneCount > newest.size
    else { return true }
    var staying = 0
    for claim in claims.values.reversed() where claim.isLive {
      staying += 1
      guard staying > newest.size else { continue }
      guard effects.count < rowsMax else { return false }
      switch claim.phase {
      case .waiting:
        refuse(claim.run, LimitRefusal(.superseded, by: newest.run), at: now)
      case .holding(let nextCheck, nil):
        claims[claim.run]?.phase = .holding(nextCheck: nextCheck, supersededBy: newest.run)
        effects += [.store(claim.run), .supersede(claim.run, by: newest.run)]
      case .holding, .gone:
        continue
      }
    }
    return true
  }

  private mutating func refuse(_ run: RunID, _ refusal: LimitRefusal, at now: Moment) {
    end(run, refusal, at: now)
    effects.append(.refuse(run, refusal))
  }

  private mutating func end(_ run: RunID, _ refusal: LimitRefusal?, at now: Moment) {
    claims[run]?.phase = .gone(until: now + LimitMachine.goneKept, refusal)
    holders.remove(run)
    goneCount += 1
    effects.append(.store(run))
  }
}
