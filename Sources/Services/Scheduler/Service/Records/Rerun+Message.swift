internal import Contracts
internal import Domain
internal import SchedulerCore

extension Rerun {
  /// Nil when the message says something that this version does not know.
  init?(_ message: RerunMessage, by principal: String, at now: Moment) {
    guard let mode = Mode(rawValue: message.mode) else { return nil }
    let why = message.reason.isEmpty ? "by \(principal)" : "by \(principal): \(message.reason)"
    self.init(
      mode, tasks: SortedSet(message.tasks.compactMap { TaskName($0) }),
      skipped: SortedSet(message.skipped.compactMap { TaskName($0) }),
      reason: Reason(
        code: "set-by-hand", message: "skipped by hand \(why)", since: now,
        blockers: [principal]))
  }
}
