internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// Renews the partitions of this process whose owners have nothing to do, all in one commit.
///
/// Each row is written over its version, as its owner would do it. When the commit comes to nothing
/// the rows tell whose it was: who has lost a partition keeps the others.
struct PartitionRenewer: Sendable {
  let ports: SchedulerPorts
  let registry: OwnerRegistry

  /// Runs until the task is cancelled.
  func run() async {
    let configuration = ports.configuration
    while !Task.isCancelled {
      let isDone = await renew()
      try? await ports.context.time.sleep(
        for: isDone ? configuration.partitionRenewEvery : configuration.retryWait)
    }
  }

  /// One round.
  ///
  /// - Returns: whether nothing is left to be tried again soon.
  func renew() async -> Bool {
    // What is a little younger goes with the others: it would be due before the next round.
    let lent = await registry.lend(age: ports.configuration.partitionRenewEvery / 4)
    guard !lent.isEmpty else { return true }
    let begun = ports.context.time.uptime()
    do throws(StoreError) {
      let version = try await ports.store.commit(
        RecordBatch(
          entries: lent.map { SchedulerTables.partitions.update($0.next, over: $0.version) }))
      for one in lent { await one.owner.takeBack(one, .renewed(version, at: begun)) }
      return true
    } catch {
      ports.context.telemetry.log(
        .info, "partitions.not-renewed",
        [("partitions", "\(lent.count)"), ("error", "\(error)")])
      switch error {
      case .unavailable, .refused:
        for one in lent { await one.owner.takeBack(one, .untouched) }
      case .conflict, .outcomeUnknown:
        await settle(lent, begun)
      }
      return false
    }
  }

  /// Looks what the rows are. The owners could not do anything else either until the store answers.
  private func settle(_ lent: [LentPartition], _ begun: Uptime) async {
    let table = SchedulerTables.partitions
    while !Task.isCancelled {
      do throws(StoreError) {
        let rows = try await ports.store.settle(
          table.name, lent.map { [.integer(Int64($0.partition))] })
        for (one, row) in zip(lent, rows) {
          let found = row.flatMap { row in
            table.record(row.row).map { Versioned($0, at: row.version) }
          }
          await one.owner.takeBack(one, .found(found, at: begun))
        }
        return
      } catch {
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
    for one in lent { await one.owner.takeBack(one, .unknown) }
  }
}
