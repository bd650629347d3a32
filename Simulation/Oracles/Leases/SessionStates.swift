internal import Contracts
internal import Domain

/// The end of a worker's session is final.
public struct SessionStates: Invariant {
  public static let name = InvariantName("S9d", "sessions-end-once")
  public static let promise = "a session that has expired or closed never comes back"
  public static let interest: Interest = [.sessions]

  private static let following: SortedMap<String, SortedSet<String>> = [
    "open": ["open", "draining", "expired", "closed"],
    "draining": ["draining", "expired", "closed"],
    "expired": ["expired"],
    "closed": ["closed"],
  ]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for case .session(let change) in commit.changes {
      guard let before = change.before, let after = change.after else { continue }
      judgement.require(
        SessionStates.following[before.state]?.contains(after.state) == true,
        "\(after.session) went from \(before.state) to \(after.state)")
    }
  }
}
