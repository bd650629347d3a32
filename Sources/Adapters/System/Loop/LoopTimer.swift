public import Domain

/// One timer on a loop that can be set again and again, cheaply. Confined to the loop: every call
/// is made on its thread.
///
/// Moving the instant later costs nothing: the loop looks at the timer at the old instant and then
/// waits on. So the deadlines of a connection, which move with every request, need no heap work.
public final class LoopTimer {
  private let loop: EventLoop
  private let action: (Bool) -> Void
  private var instant: Uptime?

  // Owned by the heap: when it looks at the timer, tie-breaker, and index or -1.
  var armed: Int64 = 0
  var order: UInt64 = 0
  var position = -1

  /// - Parameter action: called at the instant or later, with true; or with false when the loop
  ///   ends before. The loop keeps the timer while it is set, so capture its owner weakly.
  public init(on loop: EventLoop, _ action: @escaping (_ isDue: Bool) -> Void) {
    self.loop = loop
    self.action = action
  }

  /// Sets the timer, in place of any earlier instant.
  public func set(to instant: Uptime) {
    loop.checkIsolated()
    guard !loop.isDraining else { return action(false) }
    self.instant = instant
    if position >= 0 {
      if armed <= instant.microseconds { return }
      loop.timers.remove(self)
    }
    loop.timers.insert(self, at: instant)
  }

  /// Forgets the instant; the action is not called.
  public func cancel() {
    loop.checkIsolated()
    instant = nil
    loop.timers.remove(self)
  }

  /// Forgets the instant but leaves the heap alone: for a timer that is about to be set again.
  public func pause() {
    instant = nil
  }

  func isBefore(_ other: LoopTimer) -> Bool {
    (armed, order) < (other.armed, other.order)
  }

  func fire(at now: Uptime) {
    guard let instant, position < 0 else { return }
    if instant > now {
      loop.timers.insert(self, at: instant)
    } else {
      self.instant = nil
      action(true)
    }
  }

  func giveUp() {
    guard instant != nil else { return }
    instant = nil
    action(false)
  }
}
