public import Domain
public import Ports

/// The clocks of one incarnation: virtual, skewed by the process's wall offset.
public struct SimulatedTime: Time {
  private enum Waking: Sendable { case due, cancelled }

  private let incarnation: Incarnation
  private let latenesses: WorldRandom

  init(_ incarnation: Incarnation) {
    self.incarnation = incarnation
    latenesses = incarnation.world.stream(named: "timers")
  }

  public func now() -> Moment {
    incarnation.world.now + incarnation.process.wallOffset
  }

  public func uptime() -> Uptime {
    Uptime.start + (incarnation.world.elapsed - incarnation.startedAt)
  }

  public func sleep(until instant: Uptime) async throws(CancellationError) {
    if Task.isCancelled { throw CancellationError() }
    let length = instant - uptime()
    guard length > .zero else { return }
    let world = incarnation.world
    let latest = world.settings.timerLatenessMax
    let lateness = latenesses.length(in: .zero...max(latest, .zero))
    let alarm = Alarm()
    let waking = await world.exchange("sleep", ifCancelled: Waking.cancelled) { reply in
      alarm.set(world.schedule(after: length + lateness) { reply.send(.due) })
    }
    if waking == .cancelled {
      alarm.cancel()
      throw CancellationError()
    }
  }
}
