internal import Contracts
internal import Domain

/// No more runs with one key than their workflow allows, whatever anybody counts.
public struct PermitLimit: Invariant {
  public static let name = InvariantName("S15", "limits-hold")
  public static let promise = "never do more runs hold a permit of a limit than it has"
  public static let interest: Interest = [.runs]

  private var holders: SortedMap<String, SortedSet<String>> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for change in commit.runs {
      guard let run = change.after, let permit = run.permit else { continue }
      var held = holders[permit.limit] ?? []
      if permit.phase == "held", run.phase != "ended" {
        held.insert(run.run)
        judgement.require(
          held.count <= Int(permit.size),
          "\(held.count) runs hold one of \(permit.size) permits of \(permit.limit)")
      } else {
        held.remove(run.run)
      }
      holders[permit.limit] = held
    }
  }
}
