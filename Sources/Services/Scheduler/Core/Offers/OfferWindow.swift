public import Domain

/// How many tasks of each pool may be offered at once, and whose turn is next.
///
/// Tasks beyond the window stay `ready` in the store, where they can still be reordered and
/// withdrawn. Runs take turns, so that a large one does not hold back the others; who has many of
/// them does not, either. What is in flight is the sum of what the runs say.
public struct OfferWindow: Sendable {
  /// A pool without workers still offers this many, so that the first worker finds work at once.
  public let sizeMin: Int
  private var slots: SortedMap<PoolName, Int> = [:]
  private var inFlight: SortedMap<PoolName, Int> = [:]
  private var turns: SortedMap<PoolName, OfferTurns> = [:]

  public init(sizeMin: Int = 64) {
    self.sizeMin = sizeMin
  }

  /// The same window before any run was known.
  public var emptied: OfferWindow {
    var window = OfferWindow(sizeMin: sizeMin)
    window.slots = slots
    return window
  }

  /// The slots of all live workers, by pool.
  public mutating func learn(slots: SortedMap<PoolName, Int>) {
    self.slots = slots
  }

  /// Pools that live workers serve.
  public var servedPools: [PoolName] { slots.keys }

  /// Tasks of the pool that may be in flight: twice the live slots, at least `sizeMin`.
  public func size(of pool: PoolName) -> Int {
    max(sizeMin, 2 * (slots[pool] ?? 0))
  }

  public func hasRoom(in pool: PoolName) -> Bool {
    (inFlight[pool] ?? 0) < size(of: pool)
  }

  /// Pools in which runs wait for their turn.
  public var waitingPools: [PoolName] { turns.keys }

  /// Takes in what a run says after it changed: what it had in flight before, and has now.
  public mutating func account(
    before: SortedMap<PoolName, Int>, after: SortedMap<PoolName, Int>
  ) {
    for (pool, count) in before { inFlight[pool, default: 0] -= count }
    for (pool, count) in after { inFlight[pool, default: 0] += count }
  }

  /// The run has ready tasks in the pool; it gets its turn behind others of its priority.
  public mutating func enqueue(
    _ run: RunID, of namespace: NamespaceName, _ priority: Priority, in pool: PoolName
  ) {
    turns[pool, default: OfferTurns()].append(run, of: namespace, priority)
  }

  /// The run whose turn it is, if the pool has room. It is queued again by `enqueue`.
  public mutating func nextTurn(in pool: PoolName) -> RunID? {
    guard hasRoom(in: pool) else { return nil }
    if let run = turns[pool, default: OfferTurns()].next() { return run }
    turns[pool] = nil
    return nil
  }
}
