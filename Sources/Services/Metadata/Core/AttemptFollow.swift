public import Domain

/// Which attempt's log a follower of a task reads, and what comes next when that log was read.
public struct AttemptFollow: Hashable, Sendable {
  public enum Step: Hashable, Sendable {
    /// Read the log of this attempt from this line on.
    case read(Fence, from: Int64)
    /// No attempt has begun, or the next has not: look at the task again.
    case lookAgain
    /// The task has ended and everything of its log was read.
    case end
  }

  private var fence: Fence
  private var next: Int64
  private var isRead = false

  /// - Parameter from: where to go on, as a reader that connects again says.
  public init(fence: Fence = Fence(0), from: Int64 = 0) {
    self.fence = fence
    next = from
  }

  /// What to do, given the newest attempt of the task and whether the task has ended.
  public mutating func step(newest: Fence, hasEnded: Bool) -> Step {
    if fence.number > 0, !isRead { return .read(fence, from: next) }
    if fence < newest {
      // A reader that begins wants the newest attempt; one that goes on wants the next.
      if fence.number == 0 {
        fence = newest
      } else {
        fence = fence.next
        next = 0
      }
      isRead = false
      return .read(fence, from: next)
    }
    return hasEnded ? .end : .lookAgain
  }

  /// Takes note that the log of the attempt was read to its end.
  public mutating func wasRead() {
    isRead = true
  }
}
