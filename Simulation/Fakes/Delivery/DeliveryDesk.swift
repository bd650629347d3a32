internal import Domain
internal import Ports
internal import SimulationKit
internal import Synchronization

/// What both fakes share: one call to a receiver, with its faults.
struct DeliveryDesk: Sendable {
  let world: SimulatedWorld
  let chance: WorldRandom

  /// One message on its way: what comes of it, and whether it was taken.
  func hand(
    over label: StaticString, _ script: DeliveryScript, _ faults: DeliveryFaults,
    taken: @escaping @Sendable (Incarnation) -> Void
  ) async -> DeliveryReply {
    let stopped = DeliveryReply.outcomeUnknown(
      DeliveryNote(.stopped, "stopped before there was an answer"))
    return await world.exchange(label, ifCancelled: stopped) { reply in
      let latency = chance.length(in: faults.latency)
      let (answer, isTaken, isLost) = outcome(script, faults)
      // What was sent arrives, even when its sender dies meanwhile or stops waiting.
      world.schedule(after: latency / 2) {
        if isTaken { taken(reply.caller) }
      }
      world.schedule(after: isLost ? max(latency, faults.patience) : latency) {
        reply.send(answer)
      }
    }
  }

  private func outcome(
    _ script: DeliveryScript, _ faults: DeliveryFaults
  ) -> (DeliveryReply, isTaken: Bool, isLost: Bool) {
    if chance.happens(faults.unreachable) {
      world.mark("delivery.unreachable")
      return (.unreached, false, false)
    }
    if chance.happens(faults.unknownNotTaken) {
      world.mark("delivery.unknown-not-taken")
      return (.unanswered, false, true)
    }
    if chance.happens(faults.busy) {
      world.mark("delivery.busy")
      let wait = faults.retryAfter.map {
        Duration.seconds(chance.length(in: $0).wholeMicroseconds / 1_000_000)
      }
      return (DeliveryReply(answered: 503, retryAfter: wait), false, false)
    }
    let isUnknown = chance.happens(faults.unknownTaken)
    if isUnknown { world.mark("delivery.unknown-taken") }
    switch script {
    case .takes(let status):
      return isUnknown
        ? (.unanswered, true, true) : (DeliveryReply(answered: status), true, false)
    case .answers(let status, let retryAfter):
      return (DeliveryReply(answered: status, retryAfter: retryAfter), false, false)
    case .closed:
      return (.unreached, false, false)
    case .forbidden:
      return (
        .refused(DeliveryNote(.destinationRefused, "the address is not allowed")), false, false
      )
    case .silent:
      return (.unanswered, true, true)
    case .cuts:
      return (
        .outcomeUnknown(DeliveryNote(.disconnected, "the connection ended")), true, false
      )
    }
  }
}

extension DeliveryReply {
  fileprivate static let unreached = DeliveryReply.temporary(
    DeliveryNote(.unreachable, "no connection was made"))
  fileprivate static let unanswered = DeliveryReply.outcomeUnknown(
    DeliveryNote(.timedOut, "no answer in time"))

  /// What a status of HTTP says.
  fileprivate init(answered status: Int, retryAfter: Duration? = nil) {
    switch status {
    case 200...299: self = .delivered(DeliveryNote(.accepted, "taken", status: status))
    case 300...399:
      self = .temporary(DeliveryNote(.redirected, "redirects are not followed", status: status))
    case 410: self = .refused(DeliveryNote(.gone, "gone", status: status))
    case 429, 503:
      self = .temporary(
        DeliveryNote(.busy, "asked for patience", status: status), retryAfter: retryAfter)
    default:
      self = .temporary(
        DeliveryNote(.status, "answered \(status)", status: status), retryAfter: retryAfter)
    }
  }
}
