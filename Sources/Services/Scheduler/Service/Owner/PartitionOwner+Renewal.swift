internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// The row of a partition whose owner has nothing to do, for whoever renews all of a process at
/// once. The owner decides nothing until it has it back.
struct LentPartition: Sendable {
  var owner: PartitionOwner
  var partition: Int
  /// The row as it is to be written.
  var next: PartitionRecord
  /// What it is written over.
  var version: CommitID
}

/// What became of a renewal.
enum LentOutcome: Sendable {
  /// It is stored; begun at an instant.
  case renewed(CommitID, at: Uptime)
  /// Surely nothing was written.
  case untouched
  /// The row as it is now, after everything in doubt was decided; nil when there is none.
  case found(Versioned<PartitionRecord>?, at: Uptime)
  /// Nobody knows.
  case unknown
}

extension PartitionOwner {
  /// The partition row with a sign of life.
  var renewal: PartitionRecord {
    var next = record
    next.renewals += 1
    if isStartCounted {
      // Whatever was at hand has not killed it, though it may not have been taken in yet.
      next.startsWithoutProgress = 0
      next.headTopic = ""
      next.headOffset = 0
    }
    return next
  }

  /// Takes in that the row was written, by a commit that began at an instant.
  func renewed(_ next: PartitionRecord, at begun: Uptime) {
    record = next
    renewedAt = begun
    if isStartCounted { poison.progressed() }
  }

  /// From here on it asks the broker where its logs begin and end, and does nothing else: a broker
  /// that takes its time would only be asked by the next owner as well.
  func beginAsking() {
    idleUntil = ports.context.time.uptime() + ports.configuration.brokerPatience
  }

  /// Gives the row to be renewed: only while the owner waits for input or for the broker, as
  /// somebody who lives does. One that works renews by its commits, and one that hangs must lose
  /// its partition.
  ///
  /// - Parameter age: since the last renewal, at least.
  func lend(age: Duration) -> LentPartition? {
    let now = ports.context.time.uptime()
    guard let idleUntil, now - idleUntil < ports.configuration.partitionLease,
      !isLent, renewalFailure == nil, now - renewedAt >= age
    else { return nil }
    isLent = true
    return LentPartition(owner: self, partition: partition, next: renewal, version: version)
  }

  func takeBack(_ lent: LentPartition, _ outcome: LentOutcome) {
    switch outcome {
    case .renewed(let now, let begun):
      version = now
      renewed(lent.next, at: begun)
    case .untouched:
      break
    case .found(let row?, let begun)
    where row.record.owner == record.owner && row.record.epoch == record.epoch:
      version = row.version
      // The answer was lost, and the renewal was not.
      if row.record.renewals == lent.next.renewals { renewed(row.record, at: begun) }
    case .found:
      renewalFailure = .store(.conflict)
    case .unknown:
      renewalFailure = .store(.outcomeUnknown)
    }
    isLent = false
    let waiting = borrowed
    borrowed = []
    for waiter in waiting { waiter.resume() }
  }

  /// Returns when the row is not lent, whatever becomes of the task: who has it gives it back.
  func untilReturned() async {
    guard isLent else { return }
    await withCheckedContinuation { borrowed.append($0) }
  }
}
