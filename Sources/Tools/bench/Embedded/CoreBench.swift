internal import Domain
internal import SchedulerCore
internal import SystemAdapter

/// The scheduler's core alone: a run of tasks that need nothing, offered, claimed and ended in the
/// order in which they become ready. One decision is one event.
enum CoreBench {
  /// Often enough for a time that can be measured; the median counts.
  static func run(tasks count: Int, name: String) -> Measurement {
    let rounds = (0..<max(5, 100_000 / max(count, 1))).map { _ in once(tasks: count, name: name) }
    return Measurement.median(of: rounds) ?? once(tasks: count, name: name)
  }

  private static func once(tasks count: Int, name: String) -> Measurement {
    let tasks = (0..<count).map { number in
      TaskDefinition(
        name: TaskName(unchecked: "t\(number)"), work: .call(function: "noop", arguments: [:]))
    }
    let definition = WorkflowDefinition(
      namespace: .default, name: WorkflowName(unchecked: "bench"),
      tasks: tasks.sorted { $0.name < $1.name })
    let plan = Plan(definition, version: VersionID("bench"))
    let now = Moment.start
    let run = RunState(
      id: RunID(SortableID(high: 1, low: 1)), namespace: .default, workflow: definition.name,
      createdAt: now, startedAt: now)
    var machine = RunMachine(starting: run, plan: plan)
    let start = ProcessClock.uptime()
    let cpu = Measurement.cpuTime()
    var events = 0
    while !machine.isEnded {
      _ = machine.apply(.workContinued(rowsMax: 500), at: now)
      var ended: [TaskPlace] = []
      while ended.count < 64, let place = machine.nextReady(in: .default) {
        _ = machine.apply(.offered(place), at: now)
        ended.append(place)
      }
      for place in ended {
        let report = AttemptReport(.succeeded(outputs: [:]), endedAt: now)
        _ = machine.apply(.attemptEnded(machine.key(of: place), Fence(1), report), at: now)
        machine.settleMemory(of: place)
      }
      _ = machine.closeBatch()
      events += 2 * ended.count + 2
    }
    return Measurement(
      workload: name, tasks: events, seconds: ProcessClock.uptime() - start, latencies: [],
      cpu: Measurement.cpuTime() - cpu)
  }
}
