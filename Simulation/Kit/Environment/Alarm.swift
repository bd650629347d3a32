internal import Synchronization

/// Holds the event that will wake a task, so that it can be taken back.
public final class Alarm: Sendable {
  private let event = Mutex<ScheduledEvent?>(nil)

  public init() {}

  public func set(_ event: ScheduledEvent) {
    self.event.withLock { $0 = event }
  }

  public func cancel() {
    event.withLock { $0 }?.cancel()
  }
}
