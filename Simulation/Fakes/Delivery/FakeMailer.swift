internal import Domain
public import Ports
public import SimulationKit
internal import Synchronization

/// A mail that a fake mail server took, for tests and oracles.
public struct ReceivedMail: Sendable {
  public var message: MailMessage
  public var sender: Incarnation
  /// Virtual time since the start of the world.
  public var at: Duration
}

/// Hands mail to scripted recipients in virtual time.
public final class FakeMailer: Mailer {
  private let desk: DeliveryDesk
  private let script: @Sendable (MailMessage) -> DeliveryScript
  private let state: Mutex<State>

  private struct State {
    var faults: DeliveryFaults
    var received: [ReceivedMail] = []
    var observers: [@Sendable (ReceivedMail) -> Void] = []
  }

  /// - Parameter script: called for each mail, in its sender's job. Statuses are those of SMTP.
  public init(
    _ world: SimulatedWorld, faults: DeliveryFaults = .calm, name: String = "mail",
    script: @escaping @Sendable (MailMessage) -> DeliveryScript = { _ in .takes(status: 250) }
  ) {
    desk = DeliveryDesk(world: world, chance: world.stream(named: "\(name) faults"))
    self.script = script
    state = Mutex(State(faults: faults))
    world.onClose { [weak self] in self?.state.withLock { $0.observers = [] } }
    world.onForget { [weak self] in self?.state.withLock { $0.received = [] } }
  }

  /// Calls `observer` within the world event in which a mail is taken.
  public func observe(_ observer: @escaping @Sendable (ReceivedMail) -> Void) {
    state.withLock { $0.observers.append(observer) }
  }

  public var faults: DeliveryFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  /// Everything that was taken, in order.
  public var received: [ReceivedMail] { state.withLock { $0.received } }

  public func send(_ message: MailMessage) async -> DeliveryReply {
    if let fault = message.fault { return .refused(DeliveryNote(.invalid, fault)) }
    let reply = await desk.hand(over: "mail.send", script(message), faults) { sender in
      let received = ReceivedMail(message: message, sender: sender, at: self.desk.world.elapsed)
      let observers = self.state.withLock { state in
        state.received.append(received)
        return state.observers
      }
      for observer in observers { observer(received) }
    }
    return FakeMailer.asMail(reply)
  }

  /// The same answers in the words of SMTP.
  private static func asMail(_ reply: DeliveryReply) -> DeliveryReply {
    switch reply {
    case .temporary(var note, _) where (500...599).contains(note.status ?? 0) && note.code != .busy:
      note.code = .rejected
      return .refused(note)
    case .temporary(var note, let retryAfter)
    where (400...499).contains(note.status ?? 0) || note.code == .busy:
      note.code = .busy
      if !(400...499).contains(note.status ?? 0) { note.status = 451 }
      return .temporary(note, retryAfter: retryAfter)
    case .delivered, .refused, .temporary, .outcomeUnknown:
      return reply
    }
  }
}
