internal import Contracts
internal import Domain
internal import SimulationOracles

/// What is under way in a world, by the facts that were seen.
struct UnderWay {
  private var members: SortedMap<WorkPhase, SortedSet<String>> = [:]

  /// The phases that something is in now.
  var phases: [WorkPhase] { members.compactMap { $0.value.isEmpty ? nil : $0.key } }

  mutating func see(_ fact: Fact) {
    switch fact {
    case .committed(let commit):
      for change in commit.changes { see(change) }
    case .executionBegan(let seen):
      let attempt = seen.attempt.description
      leave(.leased, attempt)
      enter(.executing, attempt)
    case .executionEnded(let seen):
      let attempt = seen.attempt.description
      leave(.executing, attempt)
      if seen.result != nil { enter(.reporting, attempt) }
    case .published, .asked, .answered, .received, .defined, .archived, .kept, .healed: break
    }
  }

  private mutating func see(_ change: RecordChange) {
    switch change {
    case .request(let change):
      if let request = change.after, change.before == nil { enter(.requested, request.run) }
    case .run(let change):
      if let run = change.after { see(run) }
    case .task(let change):
      if let task = change.after { see(task) }
    case .lease(let change):
      guard let lease = change.after, change.before == nil else { return }
      leave(.offered, lease.attempt)
      enter(.leased, lease.attempt)
    case .session(let change):
      guard let session = change.after else { return }
      set(.joining, session.worker, session.state == "expired")
    case .partition(let change):
      guard let partition = change.after else { return }
      set(.unowned, "\(partition.partition)", partition.owner.isEmpty)
    case .notifiedEnd(let change):
      if let end = change.after { leave(.ended, end.run) }
    case .delivery(let change):
      guard let delivery = change.after else { return }
      set(.delivering, delivery.delivery, ["waiting", "sending"].contains(delivery.phase))
    case .artifact(let change):
      guard let artifact = change.after else { return }
      set(.uploading, artifact.artifact, artifact.phase == .pending)
    case .limitClaim, .endedRun, .deadLetter, .version, .audit, .other: break
    }
  }

  private mutating func see(_ run: RunRecord) {
    leave(.requested, run.run)
    set(.runPaused, run.run, run.pause != nil && run.phase != "ended")
    set(.runStopping, run.run, run.phase == "stopping")
    set(.runFinishing, run.run, run.phase == "finishing")
    if run.phase == "ended" { enter(.ended, run.run) }
  }

  private mutating func see(_ task: TaskRecord) {
    let place = task.place
    set(.taskStopping, place, ["stopping", "withdrawing"].contains(task.phase))
    set(.backoff, place, task.phase == "backoff")
    guard let attempt = task.attemptText else { return }
    let isLeased = has(.leased, attempt) || has(.executing, attempt) || has(.reporting, attempt)
    set(.offered, attempt, task.phase == "offered" && !isLeased)
    guard ["ended", "backoff", "ready"].contains(task.phase) else { return }
    leave(.leased, attempt)
    leave(.reporting, attempt)
  }

  private func has(_ phase: WorkPhase, _ name: String) -> Bool {
    members[phase]?.contains(name) == true
  }

  private mutating func set(_ phase: WorkPhase, _ name: String, _ isIn: Bool) {
    if isIn { enter(phase, name) } else { leave(phase, name) }
  }

  private mutating func enter(_ phase: WorkPhase, _ name: String) {
    members[phase, default: []].insert(name)
  }

  private mutating func leave(_ phase: WorkPhase, _ name: String) {
    _ = members.update(phase) { $0.remove(name) }
  }
}
