internal import Contracts
internal import Domain
internal import MetadataCore

/// What the scheduler says of one attempt, as far as its log is concerned.
struct AttemptLook: Hashable, Sendable {
  var fence: Fence
  /// When it started; nil while nobody has claimed it.
  var start: Moment?
  var end: LogEnd

  /// - Parameter isFinal: nothing more comes of it, whatever it says of itself.
  init(_ view: AttemptView, isFinal: Bool) {
    fence = Fence(Int(clamping: view.fence))
    start = view.startedAtUs.map(Moment.init(microseconds:))
    if let lines = view.logLines {
      end = .after(lines: lines)
    } else {
      end = isFinal || view.endedAtUs != nil ? .unknown : .open
    }
    // It was lost before anybody said when it started: no line of it is older than its offer.
    if start == nil, end != .open { start = Moment(microseconds: view.queuedAtUs ?? 0) }
  }
}

/// What the scheduler says of a task, as far as its logs are concerned.
struct TaskLook: Hashable, Sendable {
  var attempts: [AttemptLook]
  var hasEnded: Bool

  init(attempts: [AttemptLook], hasEnded: Bool) {
    self.attempts = attempts
    self.hasEnded = hasEnded
  }

  var newest: Fence { attempts.last?.fence ?? Fence(0) }

  /// - Parameter isRunOver: nothing of the run goes on, whatever the task says.
  init(_ view: TaskView, isRunOver: Bool) {
    let hasEnded = isRunOver || TaskOutcome(rawValue: view.state) != nil
    let newest = view.attempts.last?.fence
    attempts = view.attempts.map {
      AttemptLook($0, isFinal: hasEnded || $0.fence != newest)
    }
    self.hasEnded = hasEnded
  }

  /// Nil for attempts that there are not.
  func end(of fence: Fence) -> LogEnd? {
    attempts.first { $0.fence == fence }?.end
  }
}

extension RunView {
  /// Whether nothing of it goes on.
  var isOver: Bool { RunOutcome(rawValue: state) != nil || state == "quarantined" }
}
