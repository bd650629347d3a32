public import Domain

/// When to ask for work, and for which: what hints name at once, otherwise whatever the pools
/// offer, with waits that grow while there is nothing.
///
/// At most one claim is under way, so that no slot is promised twice.
public struct Claims: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Becomes `asking` when a slot is free and there is a hint, or when `poolAt` has come.
    case idle(poolAt: Uptime)
    /// Becomes `idle` when answered or failed. One that asks for what hints named, and for nothing
    /// of the pools, leaves the time of those as it was.
    case asking(named: [AttemptID], max: Int, poolAt: Uptime?)
  }

  public private(set) var phase: Phase
  /// To be asked for as soon as a slot is free.
  public private(set) var hints = AttemptQueue()
  /// Asked for before, without a clear answer: named again with the next claim for the pools.
  public private(set) var undecided = AttemptQueue()
  /// Claims in a row that brought less than was asked for, and nothing that no hint had told of:
  /// the pools were empty then, and what they offer later comes with a hint.
  private var fruitless = 0
  /// Whether the claim under way has brought what no hint told of: hints are late or lost.
  private var hasBroughtMore = false
  /// Whether there were more hints than could be kept.
  private var hasDropped = false
  /// Those that the claim under way names.
  private var asked = LookupSet<AttemptID>()

  public init(at now: Uptime) {
    phase = .idle(poolAt: now)
  }

  public var isAsking: Bool {
    switch phase {
    case .idle: false
    case .asking: true
    }
  }

  /// When a claim is due, given a free slot; nil while one is under way.
  public var deadline: Uptime? {
    switch phase {
    case .idle(let poolAt): hints.isEmpty && !hasDropped ? poolAt : .start
    case .asking: nil
    }
  }

  /// Keeps hints that are new. Those beyond the limit are dropped: the pools are asked for them
  /// when the others have been.
  mutating func add(_ named: [AttemptID], _ limits: WorkerLimits) {
    for attempt in named {
      guard hints.count < limits.hintsMax else {
        hasDropped = true
        return
      }
      hints.append(attempt)
    }
  }

  /// The claim to make now for `free` slots, if one is due: what hints name, and if it is time what
  /// the pools offer besides, which takes the scheduler a search.
  mutating func next(free: Int, at now: Uptime) -> (named: [AttemptID], max: Int)? {
    guard free > 0, case .idle(let poolAt) = phase,
      !hints.isEmpty || hasDropped || now >= poolAt
    else {
      return nil
    }
    var named = hints.removeFirst(free)
    let isForPools = now >= poolAt || hasDropped && named.count < free
    if isForPools { hasDropped = false }
    if isForPools { named += undecided.removeFirst(free - named.count) }
    let max = isForPools ? free : named.count
    phase = .asking(named: named, max: max, poolAt: isForPools ? nil : poolAt)
    asked = LookupSet(named)
    return (named, max)
  }

  /// The attempt is ours: whoever hinted at it meanwhile is not to have it asked for again, which
  /// would be granted again by its lease, perhaps after it has ended.
  mutating func granted(_ attempt: AttemptID) {
    if isAsking, !asked.contains(attempt) { hasBroughtMore = true }
    hints.remove(attempt)
    undecided.remove(attempt)
  }

  /// The claim was answered with `granted` attempts, and could not tell about `unknown`.
  mutating func answered(
    granted: Int, unknown: [AttemptID], _ limits: WorkerLimits, at now: Uptime
  ) {
    guard case .asking(_, let max, let poolAt) = phase else { return }
    asked = LookupSet()
    defer { postpone(unknown, limits) }
    if let poolAt {
      phase = .idle(poolAt: poolAt)
      return
    }
    if granted >= max || hasBroughtMore { fruitless = 0 }
    hasBroughtMore = false
    if granted >= max {
      // There may be more.
      phase = .idle(poolAt: now)
    } else {
      wait(limits, at: now)
    }
  }

  /// No answer came. What was named may be ours by now, so it is named again.
  mutating func failed(_ limits: WorkerLimits, at now: Uptime) {
    guard case .asking(let named, _, _) = phase else { return }
    hasBroughtMore = false
    asked = LookupSet()
    wait(limits, at: now)
    postpone(named, limits)
  }

  private mutating func postpone(_ attempts: [AttemptID], _ limits: WorkerLimits) {
    for attempt in attempts where undecided.count < limits.hintsMax {
      undecided.append(attempt)
    }
  }

  private mutating func wait(_ limits: WorkerLimits, at now: Uptime) {
    fruitless = min(fruitless + 1, 1_000)
    phase = .idle(poolAt: now + limits.claimRetry.wait(after: fruitless, key: ""))
  }
}
