internal import Domain
internal import Ports
internal import Synchronization

/// The partitions that this process owns, for those who ask about runs.
final class OwnerRegistry: Sendable {
  private let owners = Mutex(SortedMap<Int, PartitionOwner>())
  private let slots = Mutex(SortedMap<PoolName, Int>())

  func add(_ owner: PartitionOwner, partition: Int) async {
    owners.withLock { $0[partition] = owner }
    await owner.learn(slots: slots.withLock { $0 })
  }

  func remove(partition: Int) {
    owners.withLock { $0[partition] = nil }
  }

  func owner(of run: RunID) -> PartitionOwner? {
    owners.withLock { $0[Partitioning.partition(of: run.text)] }
  }

  func learn(slots now: SortedMap<PoolName, Int>) async {
    let hasChanged = slots.withLock { slots in
      guard slots != now else { return false }
      slots = now
      return true
    }
    guard hasChanged else { return }
    for owner in owners.withLock({ $0.values }) { await owner.learn(slots: now) }
  }

  /// Tells the owners here what was seen of their runs; others find out by themselves.
  func notice(_ events: [(run: RunID, claim: ClaimSighting)]) async {
    var perOwner: SortedMap<Int, [ClaimSighting]> = [:]
    for (run, claim) in events {
      perOwner[Partitioning.partition(of: run.text), default: []].append(claim)
    }
    for (partition, claims) in perOwner {
      guard let owner = owners.withLock({ $0[partition] }) else { continue }
      await owner.notice(claims.map { ($0.attempt.run, $0.event) })
    }
  }
}
