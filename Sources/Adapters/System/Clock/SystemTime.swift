public import Domain
public import Ports

/// The system's clocks; sleeps are timers of a loop.
public struct SystemTime: Time {
  private let loop: EventLoop

  public init(on loop: EventLoop) {
    self.loop = loop
  }

  public func now() -> Moment { ProcessClock.now() }
  public func uptime() -> Uptime { ProcessClock.uptime() }

  public func sleep(until instant: Uptime) async throws(CancellationError) {
    try await loop.sleep(until: instant)
  }
}
