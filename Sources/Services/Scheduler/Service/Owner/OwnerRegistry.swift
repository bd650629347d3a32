internal import Domain
internal import Ports
internal import SchedulerCore
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
    owner(ofPartition: Partitioning.partition(of: run.text))
  }

  func owner(ofPartition partition: Int) -> PartitionOwner? {
    owners.withLock { $0[partition] }
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

  /// The rows of those owners here that have nothing to do and were not renewed for so long.
  func lend(age: Duration) async -> [LentPartition] {
    var lent: [LentPartition] = []
    for owner in owners.withLock({ $0.values }) {
      if let one = await owner.lend(age: age) { lent.append(one) }
    }
    return lent
  }

  /// Tells the owners here what was seen of their runs; others find out by themselves.
  func notice(_ claim: Claim, of attempts: [AttemptID]) async {
    for (partition, group) in Partitioning.grouped(attempts) {
      guard let owner = owner(ofPartition: partition) else { continue }
      await owner.notice(group.map { ($0.run, .claimed($0.task, $0.fence, claim)) })
    }
  }
}
