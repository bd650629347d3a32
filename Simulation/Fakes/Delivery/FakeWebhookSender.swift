internal import Domain
public import Ports
public import SimulationKit
internal import Synchronization

/// A message that a fake receiver took, for tests and oracles.
public struct ReceivedWebhook: Sendable {
  public var message: WebhookMessage
  public var sender: Incarnation
  /// Virtual time since the start of the world.
  public var at: Duration
}

/// Posts to scripted receivers in virtual time. A message may be taken although its sender died or
/// learned nothing, which is what receivers' ledgers are compared for.
public final class FakeWebhookSender: WebhookSender {
  private let desk: DeliveryDesk
  private let script: @Sendable (WebhookMessage) -> DeliveryScript
  private let state: Mutex<State>

  private struct State {
    var faults: DeliveryFaults
    var received: [ReceivedWebhook] = []
    var calls = 0
    var observers: [@Sendable (ReceivedWebhook) -> Void] = []
  }

  /// - Parameter script: called for each message, in its sender's job.
  public init(
    _ world: SimulatedWorld, faults: DeliveryFaults = .calm, name: String = "webhooks",
    script: @escaping @Sendable (WebhookMessage) -> DeliveryScript = { _ in .takes(status: 204) }
  ) {
    desk = DeliveryDesk(world: world, chance: world.stream(named: "\(name) faults"))
    self.script = script
    state = Mutex(State(faults: faults))
    world.onClose { [weak self] in self?.state.withLock { $0.observers = [] } }
    world.onForget { [weak self] in self?.state.withLock { $0.received = [] } }
  }

  /// Calls `observer` within the world event in which a receiver takes a message.
  public func observe(_ observer: @escaping @Sendable (ReceivedWebhook) -> Void) {
    state.withLock { $0.observers.append(observer) }
  }

  public var faults: DeliveryFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  /// Everything that was taken, in order.
  public var received: [ReceivedWebhook] { state.withLock { $0.received } }

  /// How often `send` was called.
  public var calls: Int { state.withLock { $0.calls } }

  public func send(_ message: WebhookMessage) async -> DeliveryReply {
    if let fault = message.fault { return .refused(DeliveryNote(.invalid, fault)) }
    let faults = state.withLock { state in
      state.calls += 1
      return state.faults
    }
    return await desk.hand(over: "webhook.send", script(message), faults) { sender in
      let received = ReceivedWebhook(
        message: message, sender: sender, at: self.desk.world.elapsed)
      let observers = self.state.withLock { state in
        state.received.append(received)
        return state.observers
      }
      for observer in observers { observer(received) }
    }
  }
}
