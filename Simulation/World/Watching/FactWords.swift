internal import Contracts
internal import Domain
internal import Ports
internal import SimulationOracles

/// Facts in the words of somebody who reads a log.
enum FactWords {
  static func lines(of fact: Fact) -> [(lane: String, text: String)] {
    switch fact {
    case .committed(let commit):
      commit.changes.compactMap { change in
        text(of: change).map { (commit.writer ?? "test", $0) }
      }
    case .published(let delivery):
      [("bus", "\(delivery.place) @\(delivery.offset) \(delivery.record.key)")]
    case .executionBegan(let seen): [(seen.process, "executes \(seen.attempt)")]
    case .executionEnded(let seen):
      [(seen.process, "\(seen.attempt) ended: \(words(seen.result))")]
    case .asked(let call): [(call.client, "asks #\(call.number) \(call.method) \(call.path)")]
    case .answered(let call, let answer):
      [(call.client, "hears #\(call.number) \(words(answer))")]
    case .received(let seen): [("receiver", "takes \(seen.id) at \(seen.destination)")]
    case .defined(let definition, let version):
      [("judge", "knows \(definition.name) as \(version)")]
    case .archived(let run, let state): [("judge", "history says that \(run) is \(state)")]
    case .kept(let artifact, _, let found):
      [("judge", "the object of \(artifact) is \(found == nil ? "gone" : "there")")]
    case .healed: [("fault", "everything is healed")]
    }
  }

  private static func text(of change: RecordChange) -> String? {
    switch change {
    case .run(let change): change.after.map(words)
    case .task(let change): change.after.map { words($0, was: change.before) }
    case .lease(let change):
      change.after.map { "leases \($0.attempt) to \($0.worker) \($0.session)" }
    case .session(let change):
      change.after.flatMap { after in
        after.state == change.before?.state
          ? nil : "session \(after.session) of \(after.worker) is \(after.state)"
      }
    case .partition(let change):
      change.after.flatMap { after in
        after.owner == change.before?.owner
          ? nil : "partition \(after.partition) is \(after.owner)'s, epoch \(after.epoch)"
      }
    case .request(let change): change.after.map { "takes the request for \($0.run)" }
    case .limitClaim(let change):
      change.after.map { "\($0.run) is \($0.phase) for \($0.limit)" }
    case .delivery(let change): change.after.map { "message \($0.delivery) is \($0.phase)" }
    case .artifact(let change): change.after.map { "artifact \($0.artifact) is \($0.phase)" }
    case .deadLetter(let change): change.after.map { "sets \($0.topic)@\($0.offset) aside" }
    case .endedRun, .version, .notifiedEnd, .audit, .other: nil
    }
  }

  private static func words(_ run: RunRecord) -> String {
    var text = "\(run.run) is \(run.phase)"
    if !run.outcome.isEmpty { text += " \(run.outcome)" }
    if run.pause != nil { text += ", paused" }
    if let permit = run.permit { text += ", permit \(permit.phase)" }
    return text + ", revision \(run.revision)"
  }

  private static func words(_ task: TaskRecord, was: TaskRecord?) -> String {
    "\(task.place) is \(task.phase) \(task.outcome) fence \(task.fence)"
      + (was.map { ", was \($0.phase)" } ?? "")
  }

  private static func words(_ result: ExecutionResult?) -> String {
    switch result {
    case .succeeded?: "succeeded"
    case .failed(let code, let reason)?: "failed \(code ?? 0) \(reason.code)"
    case .stopped(let reason)?: "stopped, \(reason.code)"
    case .unknown(let reason)?: "nobody knows, \(reason.code)"
    case nil: "died with its process"
    }
  }

  private static func words(_ answer: ClientAnswer) -> String {
    switch answer {
    case .answered(let status, let body, _):
      "\(status) \(body.text("id") ?? "") \(body.text("state") ?? body.text("code") ?? "")"
    case .unknown: "nothing: nobody knows"
    }
  }
}
