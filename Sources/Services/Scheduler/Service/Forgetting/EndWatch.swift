internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit
internal import Synchronization
internal import Wire

/// Sees to it that the end of every run is heard of, also when the bus has lost what it had
/// acknowledged: an end that the archive does not confirm is announced again, with growing pauses.
///
/// It remembers the runs that ended in this process, so that nothing is searched for and no row
/// says who has not heard. Hearing of an end twice changes nothing.
final class EndWatch: Sendable {
  private struct Look: Comparable {
    var at: Uptime
    var run: RunID
    var wait: Duration

    static func < (left: Look, right: Look) -> Bool {
      (left.at, left.run) < (right.at, right.run)
    }
  }

  private struct State {
    /// Runs that nobody has confirmed.
    var open = LookupSet<RunID>()
    /// When to look at each of them; those that were confirmed since are passed over.
    var looks = Heap<Look>()
  }

  private let ports: SchedulerPorts
  private let state = Mutex(State())

  init(_ ports: SchedulerPorts) { self.ports = ports }

  func ended(_ run: RunID) {
    let wait = ports.configuration.endHeardWithin
    let look = Look(at: ports.context.time.uptime() + wait, run: run, wait: wait)
    state.withLock { state in
      guard state.open.count < ports.configuration.endsWatchedMax else { return }
      if state.open.insert(run) { state.looks.push(look) }
    }
  }

  /// The archive has them.
  func heard(_ runs: some Sequence<RunID>) {
    state.withLock { state in for run in runs { state.open.remove(run) } }
  }

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      try? await ports.context.time.sleep(for: ports.configuration.endHeardWithin / 4)
      let due = due(at: ports.context.time.uptime())
      guard !due.isEmpty else { continue }
      do {
        try await announce(due.map(\.run))
      } catch {
        ports.context.telemetry.log(.info, "ends.not-repeated", [("error", "\(error)")])
      }
      let now = ports.context.time.uptime()
      state.withLock { state in
        for look in due where state.open.contains(look.run) {
          let wait = min(look.wait * 2, ports.configuration.endRepeatedEvery)
          state.looks.push(Look(at: now + wait, run: look.run, wait: wait))
        }
      }
    }
  }

  private func due(at now: Uptime) -> [Look] {
    state.withLock { state in
      var due: [Look] = []
      while let first = state.looks.first, first.at <= now, due.count < EndWatch.runsPerLookMax {
        state.looks.pop()
        if state.open.contains(first.run) { due.append(first) }
      }
      return due
    }
  }

  private static let runsPerLookMax = 500

  /// Announces those that are not archived once more.
  private func announce(_ due: [RunID]) async throws {
    let marks = try await ports.store.get(
      SchedulerTables.endedRuns, due.map { [.text($0.text)] })
    let open = zip(due, marks).compactMap { run, mark in
      mark.map(\.record.archivedAtUs) == .some(nil) ? run : nil
    }
    heard(due.filter { run in !open.contains(run) })
    let runs = try await ports.store.get(SchedulerTables.runs, open.map { [.text($0.text)] })
    let records = runs.compactMap { $0.map { BusRecord.ended($0.record) } }
    guard !records.isEmpty else { return }
    ports.context.probe.reached("ends.repeated")
    ports.context.telemetry.log(.warning, "ends.repeated", [("runs", "\(records.count)")])
    try await ports.bus.publish(records)
  }
}

extension BusRecord {
  /// The announcement of a run that has ended, by its row.
  static func ended(_ run: RunRecord) -> BusRecord {
    let message = WorkflowCompleted(
      run: run.run, namespace: run.namespace, workflow: run.workflow, version: run.version,
      outcome: run.outcome, reason: run.reason, startedAtUs: run.startedAtUs,
      endedAtUs: run.endedAtUs ?? 0, revision: run.revision, labels: run.labels)
    return BusRecord(topic: SchedulerTopics.ended, key: run.run, value: message.encoded())
  }
}
