import Contracts
import Domain
import Ports
import SimulationFakes
import Synchronization

@testable import SchedulerService

/// Watches every commit and remembers what must never happen.
final class DecisionJudge: Sendable {
  private struct State {
    var tasks: SortedMap<String, TaskRecord> = [:]
    var runs: SortedMap<String, RunRecord> = [:]
    var partitions: SortedMap<Int64, PartitionRecord> = [:]
    var leased: SortedSet<String> = []
    var live: SortedMap<String, Int> = [:]
    var liveMax: SortedMap<String, Int> = [:]
    var heldMax: SortedMap<String, Int> = [:]
    var violations: [String] = []
    var rowsMax = 0
    var bytesMax = 0
  }

  private let state = Mutex(State())

  init(_ store: FakeRecordStore) {
    store.observe { [self] commit in
      state.withLock { state in DecisionJudge.judge(commit, &state) }
    }
  }

  var violations: [String] { state.withLock { $0.violations } }
  /// Rows and bytes of the largest batch.
  var rowsMax: Int { state.withLock { $0.rowsMax } }
  var bytesMax: Int { state.withLock { $0.bytesMax } }

  /// How many runs held a permit of a limit at once.
  func heldMax(of limit: String) -> Int { state.withLock { $0.heldMax[limit] ?? 0 } }

  /// How many instances of a task had not ended at once.
  func liveInstancesMax(of task: String) -> Int { state.withLock { $0.liveMax[task] ?? 0 } }

  private static func judge(_ commit: AppliedCommit, _ state: inout State) {
    var bytes = 0
    for entry in commit.batch.entries {
      let row: Row
      switch entry.change {
      case .insert(let inserted): row = inserted
      case .update(let updated, _): row = updated
      case .delete, .guard: continue
      }
      bytes += row.body.count
      switch entry.table {
      case SchedulerTables.tasks.name:
        if let task = SchedulerTables.tasks.record(row) { judge(task, &state) }
      case SchedulerTables.runs.name:
        if let run = SchedulerTables.runs.record(row) { judge(run, &state) }
      case SchedulerTables.partitions.name:
        if let partition = SchedulerTables.partitions.record(row) { judge(partition, &state) }
      case SchedulerTables.leases.name:
        if let lease = SchedulerTables.leases.record(row) { judge(lease, &state) }
      default: continue
      }
    }
    state.rowsMax = max(state.rowsMax, commit.batch.entries.count)
    state.bytesMax = max(state.bytesMax, bytes)
  }

  private static func judge(_ task: TaskRecord, _ state: inout State) {
    let key = "\(task.run)/\(task.name)[\(task.index)]"
    if let before = state.tasks[key] {
      if before.phase == "ended", task.phase != "ended" || task.outcome != before.outcome {
        state.violations.append("\(key) left its final state \(before.outcome)")
      }
      if task.fence < before.fence { state.violations.append("\(key) lost its fence") }
      if task.revision <= before.revision {
        state.violations.append("\(key) was written again as revision \(task.revision)")
      }
    }
    if task.index >= 0 {
      let wasLive = state.tasks[key].map { $0.phase != "ended" } ?? false
      let change = (task.phase == "ended" ? 0 : 1) - (wasLive ? 1 : 0)
      let live = (state.live[task.name] ?? 0) + change
      state.live[task.name] = live
      state.liveMax[task.name] = max(state.liveMax[task.name] ?? 0, live)
    }
    state.tasks[key] = task
  }

  private static func judge(_ run: RunRecord, _ state: inout State) {
    if let before = state.runs[run.run] {
      if before.phase == "ended", run.phase != "ended" || run.outcome != before.outcome {
        state.violations.append("\(run.run) left its final state \(before.outcome)")
      }
      if run.revision < before.revision {
        state.violations.append("\(run.run) lost revision \(before.revision)")
      }
    }
    state.runs[run.run] = run
    if let permit = run.permit, permit.phase == "held" { judge(permit, of: run, &state) }
  }

  /// Never do more runs hold a permit than there are, whatever anybody counts.
  private static func judge(_ permit: RunRecord.Permit, of run: RunRecord, _ state: inout State) {
    let holders = state.runs.values.filter {
      $0.permit?.limit == permit.limit && $0.permit?.phase == "held" && $0.phase != "ended"
    }
    state.heldMax[permit.limit] = max(state.heldMax[permit.limit] ?? 0, holders.count)
    if holders.count > Int(permit.size) {
      state.violations.append(
        "\(holders.count) runs hold one of \(permit.size) permits of \(permit.limit): "
          + holders.map(\.run).joined(separator: ", "))
    }
  }

  private static func judge(_ partition: PartitionRecord, _ state: inout State) {
    if let before = state.partitions[partition.partition], partition.epoch < before.epoch {
      state.violations.append("partition \(partition.partition) lost its epoch")
    }
    state.partitions[partition.partition] = partition
  }

  /// A claim is good only for what is offered, and only once.
  private static func judge(_ lease: LeaseRecord, _ state: inout State) {
    if !state.leased.insert(lease.attempt) {
      state.violations.append("\(lease.attempt) was claimed twice")
    }
    guard let attempt = AttemptID(text: lease.attempt) else {
      state.violations.append("\(lease.attempt) is no attempt")
      return
    }
    let key = "\(attempt.run)/\(attempt.task.name)[\(attempt.task.index ?? -1)]"
    let task = state.tasks[key]
    if task?.phase != "offered" || task?.fence != Int64(attempt.fence.number) {
      state.violations.append("\(attempt) was claimed while \(task?.phase ?? "unknown")")
    }
  }
}
