internal import Contracts
internal import Ports
internal import SimulationKit

/// Only what cannot be read is set aside.
public struct NoDeadLetters: Invariant {
  public static let name = InvariantName("S17", "only-poison-set-aside")
  public static let promise = "no record is set aside but one that a fault has poisoned"
  public static let interest: Interest = [.deadLetters, .published]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .deadLetter(let change) in commit.changes {
        guard let letter = change.after else { continue }
        judgement.require(
          Poison.isIn(letter.value),
          "\(letter.topic)@\(letter.offset) was set aside: \(letter.cause)")
      }
    case .published(let delivery) where delivery.record.topic.hasSuffix(".dead-letters"):
      judgement.require(
        Poison.isIn(delivery.record.value), "\(delivery.record.key) was set aside")
    default: break
    }
  }
}
