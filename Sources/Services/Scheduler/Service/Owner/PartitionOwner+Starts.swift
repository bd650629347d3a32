internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// Starts that came to nothing are counted, so that a record which kills its owner is found.
extension PartitionOwner {
  /// Says in the store that this start tries to take something in, so that a record which kills the
  /// process is found by the starts that came to nothing.
  func countStart(with first: BusDelivery) async throws(BatchFailure) {
    var counted = poison
    counted.countStart(with: PoisonGuard.Place(first.place.topic, first.offset))
    try await store(counted)
    isStartCounted = true
  }

  /// Says in the store that this start has met no record that kills.
  func uncountStart() async throws(BatchFailure) {
    guard isStartCounted else { return }
    var survived = poison
    survived.survived()
    try await store(survived)
    isStartCounted = false
    ports.context.probe.reached("owner.start-uncounted")
  }

  /// Writes down how careful the next start has to be. Renews the lease as well: a batch that fails
  /// again and again must not cost the partition.
  private func store(_ guarding: PoisonGuard) async throws(BatchFailure) {
    let begun = ports.context.time.uptime()
    var next = record
    next.take(guarding)
    next.renewals += 1
    try await write(next)
    (record, poison, renewedAt) = (next, guarding, begun)
  }
}

extension PartitionRecord {
  /// Writes down how careful the next start has to be.
  mutating func take(_ poison: PoisonGuard) {
    startsWithoutProgress = Int32(clamping: poison.startsWithoutProgress)
    headTopic = poison.head?.topic ?? ""
    headOffset = poison.head?.offset ?? 0
  }
}
