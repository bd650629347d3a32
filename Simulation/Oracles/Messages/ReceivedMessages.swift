internal import Contracts
internal import Domain

/// Receivers get what was made for them, signed, under one id.
public struct ReceivedMessages: Invariant {
  public static let name = InvariantName("S19b", "messages-arrive")
  public static let promise =
    "receivers get only messages that were made, and every one that counts as delivered"
  public static let interest: Interest = [.deliveries, .received]

  private var made: SortedMap<String, String> = [:]
  private var received: SortedSet<String> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .committed(let commit):
      for case .delivery(let change) in commit.changes {
        if let after = change.after { made[after.delivery] = after.phase }
      }
    case .received(let message):
      judgement.require(made[message.id] != nil, "\(message.id) was received and never made")
      judgement.require(message.isSigned, "\(message.id) was not signed")
      received.insert(message.id)
    default: break
    }
  }

  public mutating func close(_ judgement: inout Judgement) {
    for (id, phase) in made where phase == "delivered" {
      judgement.require(received.contains(id), "\(id) is delivered and nobody received it")
    }
  }
}
