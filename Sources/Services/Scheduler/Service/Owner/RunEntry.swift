internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore

/// A run in its owner's memory: the machine, and what it has decided since the last commit.
final class RunEntry {
  var machine: RunMachine
  var isRunChanged = false
  var changedTasks: SortedSet<TaskPlace> = []
  /// What the window was told that this run has in flight.
  var accounted: SortedMap<PoolName, Int> = [:]
  /// Whether it stands in the owner's queue of runs with work left.
  var isBusy = false
  /// The deadline that the owner's clock was told of.
  var watchedDeadline: Moment?

  init(_ machine: RunMachine) {
    self.machine = machine
  }

  var rowsChanged: Int { changedTasks.count + (isRunChanged ? 1 : 0) }

  /// The rows that say what was decided, over the versions that were read.
  func entries(partition: Int) -> [RecordBatch.Entry] {
    var entries: [RecordBatch.Entry] = []
    entries.reserveCapacity(rowsChanged)
    let machine = machine
    if isRunChanged {
      let record = RunRecord(machine, partition: partition)
      entries.append(entry(SchedulerTables.runs, record, stamp: machine.run.stamp))
    }
    for place in changedTasks {
      guard let task = machine.task(at: place) else { continue }
      let node = machine.plan.nodes[place.node]
      let record = TaskRecord(
        task, key: machine.key(of: place),
        in: StoredRunContext(
          id: machine.run.id, partition: partition, pool: node.definition.pool,
          deadline: machine.deadline(of: place), itemCount: machine.itemCount(of: place),
          priority: machine.run.priority))
      entries.append(entry(SchedulerTables.tasks, record, stamp: task.stamp))
    }
    return entries
  }

  private func entry<Record>(
    _ table: Table<Record>, _ record: Record, stamp: UInt64
  ) -> RecordBatch.Entry {
    stamp == 0 ? table.insert(record) : table.update(record, over: CommitID(bits: stamp))
  }

  /// The rows are stored: the machine learns their version and frees what it needs no more.
  func stored(as version: CommitID) {
    if isRunChanged { machine.stamped(run: version.bits) }
    for place in changedTasks {
      machine.stamped(place, version.bits)
      machine.settleMemory(of: place)
    }
    isRunChanged = false
    changedTasks = []
  }
}
