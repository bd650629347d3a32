import Domain
import NotificationCore

extension Moment {
  static func at(_ seconds: Int64) -> Moment { Moment(microseconds: seconds * 1_000_000) }
}

extension RunEnd {
  static func sample(
    _ number: UInt64 = 1, outcome: RunOutcome = .failed, at seconds: Int64 = 100,
    workflow: String = "build", labels: SortedMap<String, String> = [:]
  ) -> RunEnd {
    var end = RunEnd(
      run: RunID(SortableID(high: 7, low: number)), revision: 3, namespace: .default,
      workflow: WorkflowName(unchecked: workflow), version: VersionID("v1"), outcome: outcome,
      startedAt: .at(seconds - 60), endedAt: .at(seconds))
    end.labels = labels
    if outcome == .failed {
      end.reasonCode = "task-failed"
      end.reasonMessage = "test: exit 1"
    }
    return end
  }
}

let process = ProcessID(SortableID(high: 9, low: 9))
let otherProcess = ProcessID(SortableID(high: 9, low: 10))

extension Delivery.Note {
  static let some = Delivery.Note("status", "answered 500", status: 500)
  static let gone = Delivery.Note("gone", "wants nothing", status: 410)
}
