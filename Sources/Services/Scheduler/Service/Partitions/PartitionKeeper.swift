internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit
internal import Synchronization

/// Keeps this process's share of the partitions: takes what is free or has lost its owner, gives
/// back what others should have, and everything when the process ends.
struct PartitionKeeper: Sendable {
  let ports: SchedulerPorts
  let plans: PlanSource
  let hints: HintPublisher
  let ends: EndWatch
  let registry: OwnerRegistry
  private let owned = OwnedPartitions()

  init(
    ports: SchedulerPorts, plans: PlanSource, hints: HintPublisher, ends: EndWatch,
    registry: OwnerRegistry
  ) {
    self.ports = ports
    self.plans = plans
    self.hints = hints
    self.ends = ends
    self.registry = registry
  }

  /// Runs until the task is cancelled; then gives everything back.
  func run() async {
    var keeping = PartitionKeeping(
      process: ports.context.process, length: ports.configuration.partitionLease)
    var presence = Presence(ports: ports)
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        do throws(StoreError) {
          try await presence.renew()
          for (partition, row) in try await look(&keeping, &presence) {
            guard let release = owned.begin(partition) else { continue }
            group.addTask {
              await own(partition, row, until: release)
              owned.end(partition)
            }
          }
          for process in keeping.dead { try await presence.forget(process) }
        } catch {
          ports.context.telemetry.log(.info, "partitions.not-kept", [("error", "\(error)")])
        }
        try? await ports.context.time.sleep(for: untilNextLook(keeping))
      }
      let last = presence
      await ports.context.spawner.finish("leave") { await last.leave() }
    }
  }

  /// Who has and should have all partitions has nothing to take.
  private func untilNextLook(_ keeping: PartitionKeeping) -> Duration {
    min(owned.partitions.count, keeping.share) == Partitioning.partitionsPerTopic
      ? ports.configuration.partitionRenewEvery : ports.configuration.partitionLookEvery
  }

  /// What to take, with the rows as they are; asks the owners to give back what is too much.
  private func look(
    _ keeping: inout PartitionKeeping, _ presence: inout Presence
  ) async throws(StoreError) -> [(Int, Versioned<PartitionRecord>?)] {
    let rows = try await ports.store.get(
      SchedulerTables.partitions,
      (0..<Partitioning.partitionsPerTopic).map { [.integer(Int64($0))] })
    // Where something is free it matters who is there to take it.
    let isSomethingFree = rows.contains { $0?.record.owner.isEmpty ?? true }
    let processes = try await presence.processes(now: isSomethingFree)
    let steps = keeping.see(
      PartitionKeeping.Look(
        partitions: rows.map { $0?.record.sighting }, processes: processes,
        owned: owned.partitions), at: ports.context.time.uptime())
    var taken: [(Int, Versioned<PartitionRecord>?)] = []
    for step in steps {
      switch step {
      case .take(let partition): taken.append((partition, rows[partition]))
      case .giveBack(let partition): owned.giveBack(partition)
      }
    }
    return taken
  }

  // MARK: One partition

  private func own(
    _ partition: Int, _ row: Versioned<PartitionRecord>?, until release: Release
  ) async {
    guard let taken = await take(partition, row) else { return }
    let owner = PartitionOwner(taken, ports: ports, plans: plans, hints: hints, ends: ends)
    await registry.add(owner, partition: partition)
    let pump = OutboxPump(
      shard: SchedulerTables.outboxShard(of: partition), store: ports.store, bus: ports.bus,
      context: ports.context, configuration: ports.configuration.outbox)
    let isLost = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        do throws(PartitionOwner.End) {
          try await owner.run()
          return false
        } catch {
          return true
        }
      }
      group.addTask {
        await pump.run()
        return false
      }
      group.addTask {
        await release.wait()
        return false
      }
      var isLost = await group.next() ?? false
      group.cancelAll()
      for await other in group { isLost = isLost || other }
      return isLost
    }
    registry.remove(partition: partition)
    if isLost {
      ports.context.telemetry.log(.warning, "partition.lost", [("partition", "\(partition)")])
    } else {
      // The process may be ending: what nobody gives back is waited for.
      await ports.context.spawner.finish("release \(partition)") { await owner.release() }
    }
  }

  private func take(
    _ partition: Int, _ row: Versioned<PartitionRecord>?
  ) async -> TakenPartition? {
    var record = row?.record ?? PartitionRecord(partition: Int64(partition))
    record.epoch += 1
    record.owner = ports.context.process.text
    record.renewals += 1
    let table = SchedulerTables.partitions
    let takenAt = ports.context.time.uptime()
    do throws(StoreError) {
      let version = try await ports.store.commit(
        RecordBatch(entries: [
          row.map { table.update(record, over: $0.version) } ?? table.insert(record)
        ]))
      ports.context.telemetry.log(
        .info, "partition.taken", [("partition", "\(partition)"), ("epoch", "\(record.epoch)")])
      return TakenPartition(record: record, version: version, at: takenAt)
    } catch {
      // Somebody was faster, or nobody knows: the next look sees.
      ports.context.telemetry.log(
        .info, "partition.not-taken", [("partition", "\(partition)"), ("error", "\(error)")])
      return nil
    }
  }
}

/// The partitions that this process works on.
private final class OwnedPartitions: Sendable {
  private let releases = Mutex(SortedMap<Int, Release>())

  var partitions: SortedSet<Int> { SortedSet(releases.withLock { $0.keys }) }

  /// Nil when it is worked on already.
  func begin(_ partition: Int) -> Release? {
    releases.withLock { releases in
      guard releases[partition] == nil else { return nil }
      let release = Release()
      releases[partition] = release
      return release
    }
  }

  func giveBack(_ partition: Int) { releases.withLock { $0[partition] }?.wish() }

  func end(_ partition: Int) { releases.withLock { $0[partition] = nil } }
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
