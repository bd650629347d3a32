internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// Tries to own one partition, and runs its owner while it does.
struct PartitionContender: Sendable {
  let partition: Int
  let ports: SchedulerPorts
  let plans: PlanSource
  let hints: HintPublisher
  let registry: OwnerRegistry

  /// Runs until the task is cancelled.
  func run() async {
    var lease = PartitionLease(
      process: ports.context.process, length: ports.configuration.partitionLease)
    while !Task.isCancelled {
      do {
        let row = try await ports.store.get(
          SchedulerTables.partitions, key: [.integer(Int64(partition))])
        switch lease.see(row?.record.sighting, at: ports.context.time.uptime()) {
        case .take, .hold:
          try await own(row)
        case .watch:
          try await ports.context.time.sleep(for: ports.configuration.partitionRenewEvery)
        }
      } catch {
        guard !Task.isCancelled else { return }
        ports.context.telemetry.log(
          .info, "partition.not-taken",
          [("partition", "\(partition)"), ("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.partitionRenewEvery)
      }
    }
  }

  private func own(_ row: Versioned<PartitionRecord>?) async throws {
    var record = row?.record ?? PartitionRecord(partition: Int64(partition))
    record.epoch += 1
    record.owner = ports.context.process.text
    record.renewals += 1
    let table = SchedulerTables.partitions
    let takenAt = ports.context.time.uptime()
    let version = try await ports.store.commit(
      RecordBatch(entries: [
        row.map { table.update(record, over: $0.version) } ?? table.insert(record)
      ]))
    let owner = PartitionOwner(
      TakenPartition(record: record, version: version, at: takenAt), ports: ports, plans: plans,
      hints: hints)
    await registry.add(owner, partition: partition)
    ports.context.telemetry.log(
      .info, "partition.taken", [("partition", "\(partition)"), ("epoch", "\(record.epoch)")])
    do throws(PartitionOwner.End) {
      try await owner.run()
    } catch {
      ports.context.telemetry.log(.warning, "partition.lost", [("partition", "\(partition)")])
    }
    registry.remove(partition: partition)
  }
}

/// A partition row as its new owner wrote it, and when it began to.
struct TakenPartition: Sendable {
  var record: PartitionRecord
  var version: CommitID
  var at: Uptime
}

extension PartitionRecord {
  var sighting: PartitionLease.Sighting {
    PartitionLease.Sighting(owner: ProcessID(text: owner), epoch: epoch, renewals: renewals)
  }
}
