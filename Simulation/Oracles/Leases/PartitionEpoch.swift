internal import Contracts

/// The fence of a partition's owner only grows, and with every owner.
public struct PartitionEpoch: Invariant {
  public static let name = InvariantName("S9c", "owners-fenced")
  public static let promise = "a partition changes its owner only with a higher epoch"
  public static let interest: Interest = [.partitions]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for case .partition(let change) in commit.changes {
      guard let before = change.before, let after = change.after else { continue }
      judgement.require(
        after.epoch >= before.epoch,
        "partition \(after.partition) went from epoch \(before.epoch) to \(after.epoch)")
      let isOther = !after.owner.isEmpty && after.owner != before.owner
      judgement.require(
        !isOther || after.epoch > before.epoch,
        "partition \(after.partition) went to \(after.owner) within epoch \(after.epoch)")
    }
  }
}
