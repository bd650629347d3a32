internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Sees to it that every run that was asked for comes to the scheduler, also when the bus has lost
/// what it had acknowledged: runs that the scheduler does not know some time after their request
/// are announced again.
///
/// Requests are gone through once, in the order of their ids, which is that of their times. A run
/// that is known stays known; announcing one twice changes nothing.
struct RunRedriver: Sendable {
  let ports: WorkflowPorts

  /// Runs until the task is cancelled.
  func run() async {
    var place = start(at: ports.context.time.now() - ports.configuration.redriveLookBack)
    var missing: SortedMap<RunID, RunRequestRecord> = [:]
    while !Task.isCancelled {
      do {
        try await look(from: &place, missing: &missing)
      } catch {
        ports.context.telemetry.log(.info, "runs.not-redriven", [("error", "\(error)")])
      }
      try? await ports.context.time.sleep(for: ports.configuration.redriveEvery)
    }
  }

  /// The smallest id of the moment.
  private func start(at moment: Moment) -> RunID {
    RunID(SortableID(high: UInt64(clamping: moment.microseconds / 1_000) << 16, low: 0))
  }

  private func look(
    from place: inout RunID, missing: inout SortedMap<RunID, RunRequestRecord>
  ) async throws {
    let end = start(at: ports.context.time.now() - ports.configuration.redriveAfter)
    let limit = ports.configuration.redrivePageMax
    // Those that were announced again are looked at until they are known.
    try await announce(missing.values, &missing)
    while place < end, missing.count < limit {
      let page = try await ports.store.query(
        WorkflowTables.requests,
        RecordQuery(
          table: WorkflowTables.requests.name, lower: .excluding(.text(place.text)),
          upper: .excluding(.text(end.text)), limit: limit))
      let requests = page.records.map(\.record)
      try await announce(requests, &missing)
      guard let last = requests.last.flatMap({ RunID(text: $0.run) }), page.next != nil else {
        // Nobody asks for a run with an id as old as that any more.
        place = end
        break
      }
      place = last
    }
  }

  /// Announces those among them that the scheduler does not know.
  private func announce(
    _ requests: [RunRequestRecord], _ missing: inout SortedMap<RunID, RunRequestRecord>
  ) async throws {
    guard !requests.isEmpty else { return }
    let bytes = try await ports.network.call(
      SchedulerMethods.service, SchedulerMethods.getRuns,
      GetRunsRequest(runs: requests.map(\.run)).encoded(), within: ports.configuration.callWithin)
    let known = SortedSet(try GetRunsResponse(decoding: bytes).runs.map(\.run))
    for request in requests {
      guard let id = RunID(text: request.run) else { continue }
      missing[id] = known.contains(request.run) ? nil : request
    }
    let unknown = requests.filter { !known.contains($0.run) }
    guard !unknown.isEmpty else { return }
    ports.context.probe.reached("runs.redriven")
    ports.context.telemetry.log(.warning, "runs.redriven", [("runs", "\(unknown.count)")])
    try await ports.bus.publish(unknown.map { .started($0) })
  }
}
