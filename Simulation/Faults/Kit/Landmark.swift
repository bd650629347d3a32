/// Something that happens in every world, by which a fault can say when it begins: in words of the
/// platform, so that a script survives what moves times.
public enum Landmark: String, Hashable, Comparable, Sendable, CaseIterable {
  /// A request for a run is stored, and answered soon.
  case requestTaken = "request-taken"
  case runStarted = "run-started"
  case runPaused = "run-paused"
  case runStopping = "run-stopping"
  case runEnded = "run-ended"
  case taskOffered = "task-offered"
  case taskStopping = "task-stopping"
  case taskBackoff = "task-backoff"
  case taskEnded = "task-ended"
  case attemptLeased = "attempt-leased"
  case executionBegan = "execution-began"
  case executionEnded = "execution-ended"
  /// A worker has published what an attempt came to.
  case resultPublished = "result-published"
  case sessionOpened = "session-opened"
  case sessionOver = "session-over"
  case partitionTaken = "partition-taken"
  case endNoticed = "end-noticed"
  case deliveryMade = "delivery-made"
  case messageReceived = "message-received"
  case artifactBegun = "artifact-begun"
  case artifactReady = "artifact-ready"

  public static func < (left: Landmark, right: Landmark) -> Bool { left.rawValue < right.rawValue }
}

/// When a fault begins, if not at a time: after a landmark was passed so many times.
public struct FaultAnchor: Hashable, Sendable, CustomStringConvertible {
  public var landmark: Landmark
  /// From 1.
  public var nth: Int

  public init(_ landmark: Landmark, nth: Int) {
    self.landmark = landmark
    self.nth = nth
  }

  /// `attempt-leased #3`.
  public var description: String { "\(landmark.rawValue) #\(nth)" }
}
