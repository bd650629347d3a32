public import SimulationKit

/// What fake receivers do to the messages that are handed over. Chances are drawn for each call.
public struct DeliveryFaults: Hashable, Sendable {
  /// Until the receiver answers.
  public var latency: ClosedRange<Duration> = .zero...(.zero)
  /// How long a sender waits for an answer that does not come.
  public var patience: Duration = .seconds(15)
  /// No connection is made: surely not taken.
  public var unreachable = Chance.never
  /// The answer is lost after the message was taken (RFC 1047: the final dot).
  public var unknownTaken = Chance.never
  /// The answer is lost and the message was not taken.
  public var unknownNotTaken = Chance.never
  /// The receiver asks for patience: 429, 503, greylisting.
  public var busy = Chance.never
  /// What it asks for, whole seconds.
  public var retryAfter: ClosedRange<Duration>? = nil

  public init() {}
  public static let calm = DeliveryFaults()

  /// Everything that a real receiver may do, far more often than it does.
  public static var hostile: DeliveryFaults {
    var faults = DeliveryFaults()
    faults.latency = .milliseconds(1)...(.seconds(5))
    faults.unreachable = .percent(10)
    faults.unknownTaken = .percent(10)
    faults.unknownNotTaken = .percent(5)
    faults.busy = .percent(10)
    faults.retryAfter = .seconds(1)...(.seconds(600))
    return faults
  }
}

/// What a fake receiver does with a message that reaches it.
public enum DeliveryScript: Hashable, Sendable {
  /// Takes it, with a status: of 2xx for webhooks, 250 for mail.
  case takes(status: Int)
  /// Answers with a status that is no success.
  case answers(status: Int, retryAfter: Duration? = nil)
  /// Nobody listens.
  case closed
  /// The rules of egress refuse its address.
  case forbidden
  /// Takes it and never says so.
  case silent
  /// Takes it and cuts the connection.
  case cuts
}
