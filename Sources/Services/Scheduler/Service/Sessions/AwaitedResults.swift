internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

/// Whether a result of an attempt would still change something.
struct AwaitedResults: Sendable {
  let ports: SchedulerPorts
  let registry: OwnerRegistry

  /// Those whose result nobody waits for (any more): as their owner knows if it is here, else as
  /// the rows say.
  func answered(_ attempts: [AttemptID]) async throws(StoreError) -> [AttemptID] {
    var answered: [AttemptID] = []
    var elsewhere: [AttemptID] = []
    for (partition, group) in Partitioning.grouped(attempts) {
      guard let owner = registry.owner(ofPartition: partition) else {
        elsewhere += group
        continue
      }
      let known = await owner.whenSettled { $0.areWaiting(for: group) }
      for (attempt, isWaiting) in zip(group, known) {
        switch isWaiting {
        case true?: continue
        case false?: answered.append(attempt)
        case nil: elsewhere.append(attempt)
        }
      }
    }
    guard !elsewhere.isEmpty else { return answered }
    let rows = try await ports.store.get(
      SchedulerTables.tasks, elsewhere.map { SchedulerTables.taskKey($0.run, $0.task) })
    var waiting: [AttemptID] = []
    for (attempt, row) in zip(elsewhere, rows) {
      if row?.record.isWaiting(for: attempt.fence) == true {
        waiting.append(attempt)
      } else {
        answered.append(attempt)
      }
    }
    return answered + (try await quarantined(waiting))
  }

  /// Results of runs that were set aside: no owner will ever take them in.
  private func quarantined(_ waiting: [AttemptID]) async throws(StoreError) -> [AttemptID] {
    guard !waiting.isEmpty else { return [] }
    let runs = SortedSet(waiting.map(\.run)).members
    let rows = try await ports.store.get(SchedulerTables.runs, runs.map { [.text($0.text)] })
    let quarantined = SortedSet(
      zip(runs, rows).compactMap { $1?.record.phase == "quarantined" ? $0 : nil })
    return waiting.filter { quarantined.contains($0.run) }
  }
}

extension PartitionOwner {
  /// Whether a result of each attempt would still change its task; nil when only the store can say.
  func areWaiting(for attempts: [AttemptID]) -> [Bool?] {
    guard isSure else { return attempts.map { _ in nil } }
    return lookUp(attempts) { machine, attempt in
      // What is neither in memory nor asleep has ended.
      guard let machine else { return dormant.contains(attempt.run) ? nil : false }
      return machine.isWaiting(for: attempt.task, attempt.fence)
    }
  }
}

extension TaskRecord {
  /// Whether a result of this attempt would still change the task.
  func isWaiting(for fence: Fence) -> Bool {
    guard self.fence == Int64(fence.number) else { return self.fence < Int64(fence.number) }
    switch phase {
    case Phase.offered, Phase.withdrawing, Phase.stopping: return true
    default: return false
    }
  }
}
