internal import Contracts

/// Attempts are numbered one after the other.
public struct AttemptNumbers: Invariant {
  public static let name = InvariantName("S8a", "attempts-dense")
  public static let promise = "fences grow by one, and no attempt is forgotten while it counts"
  public static let interest: Interest = [.tasks]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for change in commit.tasks {
      guard let after = change.after else { continue }
      let fence = change.before?.fence ?? 0
      judgement.require(
        (fence...fence + 1).contains(after.fence),
        "\(after.place) went from fence \(fence) to \(after.fence)")
      let numbers = after.attempts.map(\.fence)
      judgement.require(
        zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 },
        "\(after.place) has the attempts \(numbers)")
    }
  }
}
