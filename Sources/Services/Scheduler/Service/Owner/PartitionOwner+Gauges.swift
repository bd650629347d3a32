internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit

// What an owner says of its partition now and then: what waits in it, for whoever scales workers,
// and how far it is behind. Runs that nothing has happened to since the takeover are not loaded,
// and not among it.
extension PartitionOwner {
  func tellGauges() {
    let now = ports.context.time.uptime()
    if let toldAt, now - toldAt < ports.configuration.gaugesEvery { return }
    toldAt = now
    var waiting: SortedMap<PoolName, WaitingTasks> = [:]
    var running: SortedMap<PoolName, Int> = [:]
    for entry in runs.values {
      for pool in entry.machine.pools {
        let found = entry.machine.waiting(in: pool)
        waiting[pool, default: WaitingTasks()].add(found)
      }
      for (pool, count) in entry.machine.inFlight { running[pool, default: 0] += count }
    }
    let moment = ports.context.time.now()
    // What was told once is told on as zero: a figure that vanishes scales nothing down.
    toldPools = SortedSet(toldPools.members + waiting.keys + window.servedPools)
    for pool in toldPools {
      let found = waiting[pool] ?? WaitingTasks()
      let wait = found.since.map { max(moment - $0, .zero) } ?? .zero
      let labels = [("pool", pool.text), label]
      telemetry.gauge("pool_tasks_waiting", .number(found.count), labels)
      telemetry.gauge("pool_oldest_wait", .length(wait), labels)
      telemetry.gauge("pool_tasks_in_flight", .number(running[pool] ?? 0), labels)
    }
    telemetry.gauge("partition_runs", .number(runs.count), [label])
  }

  /// How many records of a topic are there that were not taken in.
  func tellLag(_ lag: Int64, of topic: String) {
    telemetry.gauge(
      "partition_lag_records", .number(Int(clamping: max(lag, 0))), [("topic", topic), label])
  }

  /// The partition is somebody else's to tell of.
  func tellNothing() {
    for pool in toldPools {
      for name in ["pool_tasks_waiting", "pool_oldest_wait", "pool_tasks_in_flight"] {
        telemetry.gauge(name, nil, [("pool", pool.text), label])
      }
    }
    for topic in SchedulerTopics.inputs {
      telemetry.gauge("partition_lag_records", nil, [("topic", topic), label])
    }
    telemetry.gauge("partition_runs", nil, [label])
  }

  private var label: (String, String) { ("partition", "\(partition)") }

  private var telemetry: any Telemetry { ports.context.telemetry }
}
