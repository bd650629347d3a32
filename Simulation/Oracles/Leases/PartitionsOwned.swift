internal import Contracts
internal import Domain

/// Somebody looks after everything.
public struct PartitionsOwned: Invariant {
  public static let name = InvariantName("L7", "partitions-owned")
  public static let promise = "in the end every partition that was ever owned has an owner"
  public static let interest: Interest = [.partitions]

  private var owners: SortedMap<Int64, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for case .partition(let change) in commit.changes {
      if let after = change.after { owners[after.partition] = after.owner }
    }
  }

  public mutating func close(_ judgement: inout Judgement) {
    for (partition, owner) in owners {
      judgement.require(!owner.isEmpty, "partition \(partition) has no owner")
    }
  }
}
