internal import Contracts
internal import Domain

/// The end of a task is final, and no attempt is offered a second time.
public struct TaskPhases: Invariant {
  public static let name = InvariantName("S1b", "task-phases")
  public static let promise = "a task that has ended stays so, and a fence is offered once"
  public static let interest: Interest = [.leases, .tasks]

  private static let words = [
    "expanding", "ready", "offered", "withdrawing", "stopping", "backoff", "ended",
  ]

  private var leased: SortedSet<String> = []

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for case .lease(let change) in commit.changes {
      if let lease = change.after { leased.insert(lease.attempt) }
    }
    for change in commit.tasks {
      guard let before = change.before else { continue }
      guard let after = change.after else {
        judgement.require(
          before.phase == "ended", "\(before.place) was deleted while \(before.phase)")
        continue
      }
      judgement.require(
        TaskPhases.words.contains(after.phase), "\(after.place) is \(after.phase)")
      judgement.require(
        before.phase != "ended" || after.phase == "ended",
        "\(after.place) went from its end to \(after.phase)")
      // A withdrawal that finds a lease has come too late: the attempt runs on.
      let isLeased = after.attemptText.map { leased.contains($0) } == true
      judgement.require(
        after.phase != "offered" || before.phase == "offered" || after.fence > before.fence
          || (before.phase == "withdrawing" && isLeased),
        "\(after.place) offers fence \(after.fence) again, after \(before.phase)")
    }
  }
}
