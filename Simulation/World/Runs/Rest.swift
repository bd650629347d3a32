internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import SimulationFakes
internal import SimulationKit
internal import SimulationOracles
internal import Wire

/// The time after the faults: everything that was begun must come to its end.
struct Rest: Sendable {
  let platform: Platform
  let people: People

  private var world: SimulatedWorld { platform.world }

  /// - Returns: false when something was still not over and there is no more time; the world has
  ///   failed then.
  func come(within limit: Duration) async -> Bool {
    let admin = Client("admin", platform, people.watch, people.numbers)
    let deadline = world.elapsed + limit
    while true {
      let left = unfinished()
      if left.isEmpty { return true }
      guard world.elapsed < deadline else {
        let list = left.prefix(5).joined(separator: "; ")
        world.fail("L1 everything-ends: \(limit) after the last fault there were left: \(list)")
        return false
      }
      await resumePaused(admin)
      await admin.rest(.seconds(5))
    }
  }

  /// A run that somebody has paused waits for somebody.
  private func resumePaused(_ admin: Client) async {
    for row in platform.stores.scheduler.rows("scheduler_run") {
      guard let run = try? RunRecord(decoding: row.row.body), run.phase != "ended",
        run.pause != nil
      else { continue }
      _ = await admin.insist(
        .init(
          .workflow, "POST", "/v1/runs/\(run.run)/resume",
          .object(["reason": .string("everything is over")])), .resume(run: run.run), tries: 3)
    }
  }

  private func history(of run: String) -> String? {
    RunID(text: run).flatMap { platform.archive.stored($0)?.state }
  }

  /// Shows the judge what history says of every run.
  func tellHistory() {
    for row in platform.stores.scheduler.rows("scheduler_run") {
      guard let run = try? RunRecord(decoding: row.row.body), let state = history(of: run.run)
      else { continue }
      people.watch.see(.archived(run: run.run, state: state))
    }
  }

  /// Shows the judge what there is of every artifact that is ready.
  func tellObjects() {
    for row in platform.stores.artifact.rows("artifact") {
      guard let artifact = try? ArtifactRecord(decoding: row.row.body), artifact.phase == .ready
      else { continue }
      let bytes = artifact.object.flatMap { platform.objects.content(of: $0.key) }
      people.watch.see(
        .kept(
          artifact: artifact.artifact, digest: artifact.digest,
          found: bytes.map { FakeDigest().hexadecimal(of: $0) }))
    }
  }

  /// Attempts whose worker lives and whose log history does not have to its end. What a worker that
  /// died had not told yet is lost.
  private func unkeptLogs() -> [String] {
    let told = SortedSet(
      platform.executor.records.filter(\.process.isAlive).map(\.order.attempt))
    return platform.stores.scheduler.rows("scheduler_task").flatMap { row -> [String] in
      guard let task = try? TaskRecord(decoding: row.row.body) else { return [] }
      return task.attempts.compactMap { attempt in
        guard let id = task.attempt(attempt.fence), let lines = attempt.logLines,
          told.contains(id)
        else { return nil }
        let kept = platform.archive.lineCount(of: id)
        guard kept < lines else { return nil }
        return "history has \(kept) of \(lines) lines of \(id)"
      }
    }
  }

  /// What has begun and has not ended, in words.
  private func unfinished() -> [String] {
    var left: [String] = []
    for process in world.processes where process.name.hasPrefix("user-") {
      if process.status == .running { left.append("\(process.name) is at work") }
    }
    var known: SortedSet<String> = []
    let noticed = SortedSet(
      platform.stores.notification.rows("notification_end").compactMap {
        try? NotifiedEndRecord(decoding: $0.row.body).run
      })
    for row in platform.stores.scheduler.rows("scheduler_run") {
      guard let run = try? RunRecord(decoding: row.row.body) else { continue }
      known.insert(run.run)
      if run.phase != "ended" {
        left.append("\(run.run) is \(run.phase)")
      } else if history(of: run.run) != run.outcome {
        left.append("history says that \(run.run) is \(history(of: run.run) ?? "unknown")")
      } else if !noticed.contains(run.run) {
        left.append("nobody was to learn that \(run.run) has ended")
      }
    }
    for row in platform.stores.workflow.rows("workflow_run_request") {
      guard let request = try? RunRequestRecord(decoding: row.row.body) else { continue }
      if !known.contains(request.run) { left.append("\(request.run) has not begun") }
    }
    for row in platform.stores.scheduler.rows("scheduler_partition") {
      guard let partition = try? PartitionRecord(decoding: row.row.body) else { continue }
      if partition.owner.isEmpty { left.append("partition \(partition.partition) is nobody's") }
    }
    for row in platform.stores.notification.rows("notification_delivery") {
      guard let delivery = try? DeliveryRecord(decoding: row.row.body) else { continue }
      // The next try may be hours away, as the schedule of retries says.
      let isScheduled = delivery.phase == "waiting" && delivery.phaseAtUs > world.now.microseconds
      if delivery.phase == "sending" || (delivery.phase == "waiting" && !isScheduled) {
        left.append("\(delivery.delivery) is \(delivery.phase)")
      }
    }
    return left.isEmpty ? unkeptLogs() : left
  }
}
