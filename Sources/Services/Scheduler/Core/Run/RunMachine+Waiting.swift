public import Domain

/// Tasks that wait for a worker.
public struct WaitingTasks: Hashable, Sendable {
  public var count = 0
  /// Since when the one that has waited longest waits; nil when there is none.
  public var since: Moment?

  public init() {}

  public mutating func add(_ other: WaitingTasks) {
    count += other.count
    if let theirs = other.since { since = min(since ?? theirs, theirs) }
  }
}

extension RunMachine {
  /// Pools in which tasks of the run have wanted a worker.
  public var pools: [PoolName] { ready.keys }

  /// Tasks of the pool that no worker has taken, as far as the owner knows.
  public mutating func waiting(in pool: PoolName) -> WaitingTasks {
    var waiting = WaitingTasks()
    if let place = nextReady(in: pool), case .ready(let since)? = task(at: place)?.phase {
      waiting.add(since, count: ready[pool]?.count ?? 0)
    }
    while let place = unclaimed[pool]?.head {
      if case .offered(let offer)? = task(at: place)?.phase, offer.claim == nil {
        waiting.add(offer.at, count: unclaimed[pool]?.count ?? 0)
        break
      }
      unclaimed[pool, default: ReadyQueue()].dropHead()
    }
    return waiting
  }
}

extension WaitingTasks {
  fileprivate mutating func add(_ since: Moment, count: Int) {
    var more = WaitingTasks()
    (more.count, more.since) = (count, since)
    add(more)
  }
}
