internal import Synchronization

/// Something that the world will do at an instant, unless it is cancelled before.
public final class ScheduledEvent: Sendable {
  private let action: Mutex<(@Sendable () -> Void)?>

  init(_ action: @escaping @Sendable () -> Void) {
    self.action = Mutex(action)
  }

  /// Does nothing once the event has happened.
  public func cancel() {
    _ = takeAction()
  }

  var isCancelled: Bool { action.withLock { $0 == nil } }

  func takeAction() -> (@Sendable () -> Void)? {
    action.withLock { action in
      defer { action = nil }
      return action
    }
  }
}
