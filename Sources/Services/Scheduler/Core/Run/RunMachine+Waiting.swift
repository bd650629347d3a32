public import Domain

/// Tasks that wait for a worker.
public struct WaitingTasks: Hashable, Sendable {
  public var count: Int
  /// Since when the one that has waited longest waits; nil when there is none.
  public var since: Moment?

  public init(_ count: Int = 0, since: Moment? = nil) {
    self.count = count
    self.since = since
  }

  public mutating func add(_ other: WaitingTasks) {
    count += other.count
    if let theirs = other.since { since = min(since ?? theirs, theirs) }
  }
}

/// Tasks of one run that want a worker of one pool, ready and offered ones. Entries that no longer
/// hold stay until they come to the head, or are many.
struct WaitQueue: Sendable {
  var entries = Heap<RunMachine.Deadline>()
  var count = 0

  /// Entries beyond twice the tasks that wait, until they are gone through.
  static let staleMax = 64
}

extension RunMachine {
  /// Pools in which tasks of the run have wanted a worker.
  public var pools: [PoolName] { waits.keys }

  /// Tasks of the pool that no worker has taken, as far as the owner knows: none in a run that does
  /// not start anything now.
  public mutating func waiting(in pool: PoolName) -> WaitingTasks {
    // Taken out while it is changed: two that hold the entries would have all of them copied.
    guard run.mayDispatch, var queue = waits.removeValue(for: pool) else { return WaitingTasks() }
    while let head = queue.entries.first, !holds(head) { queue.entries.pop() }
    waits[pool] = queue
    return WaitingTasks(queue.count, since: queue.entries.first?.at)
  }

  mutating func watchWait(of place: TaskPlace, in pool: PoolName, since: Moment) {
    var queue = waits.removeValue(for: pool) ?? WaitQueue()
    if queue.entries.count > 2 * queue.count + WaitQueue.staleMax {
      var kept = Heap<Deadline>()
      while let entry = queue.entries.pop() { if holds(entry) { kept.push(entry) } }
      queue.entries = kept
    }
    queue.count += 1
    queue.entries.push(Deadline(at: since, place: place))
    waits[pool] = queue
  }

  private func holds(_ entry: Deadline) -> Bool {
    task(at: entry.place)?.phase.waitsSince == entry.at
  }
}
