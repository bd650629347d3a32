internal import Contracts
internal import Ports
internal import SimulationFaults
internal import SimulationOracles

extension Fact {
  /// The landmarks that are passed with it, one for each thing that passes one.
  var landmarks: [Landmark] {
    switch self {
    case .committed(let commit): commit.changes.compactMap(Fact.landmark)
    case .published(let delivery):
      ["task.completed", "task.failed"].contains(delivery.place.topic) ? [.resultPublished] : []
    case .executionBegan: [.executionBegan]
    case .executionEnded: [.executionEnded]
    case .received: [.messageReceived]
    case .asked, .answered, .defined, .archived, .kept, .healed: []
    }
  }

  private static func landmark(_ change: RecordChange) -> Landmark? {
    switch change {
    case .request(let change): change.before == nil ? .requestTaken : nil
    case .run(let change): change.after.flatMap { landmark($0, was: change.before) }
    case .task(let change): change.after.flatMap { landmark($0, was: change.before) }
    case .lease(let change): change.before == nil ? .attemptLeased : nil
    case .session(let change):
      change.after.flatMap { after in
        guard change.before != nil else { return .sessionOpened }
        let isNews = after.state != change.before?.state
        return isNews && ["expired", "closed"].contains(after.state) ? .sessionOver : nil
      }
    case .partition(let change):
      change.after.flatMap { after in
        after.epoch != change.before?.epoch ? .partitionTaken : nil
      }
    case .notifiedEnd(let change): change.before == nil ? .endNoticed : nil
    case .delivery(let change): change.before == nil ? .deliveryMade : nil
    case .artifact(let change):
      change.after.flatMap { after in
        guard let before = change.before else { return .artifactBegun }
        return after.phase == .ready && before.phase != .ready ? .artifactReady : nil
      }
    case .limitClaim, .endedRun, .deadLetter, .version, .audit, .other: nil
    }
  }

  private static func landmark(_ run: RunRecord, was before: RunRecord?) -> Landmark? {
    guard let before else { return .runStarted }
    if run.pause != nil, before.pause == nil { return .runPaused }
    guard run.phase != before.phase else { return nil }
    return switch run.phase {
    case "stopping": .runStopping
    case "ended": .runEnded
    default: nil
    }
  }

  private static func landmark(_ task: TaskRecord, was before: TaskRecord?) -> Landmark? {
    guard task.phase != before?.phase || task.fence != before?.fence else { return nil }
    return switch task.phase {
    case "offered": .taskOffered
    case "stopping": .taskStopping
    case "backoff": .taskBackoff
    case "ended": .taskEnded
    default: nil
    }
  }
}
