internal import Contracts
internal import Domain

/// A claim is good for what is offered, once, and for a session that lives.
public struct LeaseGrant: Invariant {
  public static let name = InvariantName("S9a", "one-lease")
  public static let promise =
    "an attempt is leased at most once, while it is offered, to an open session"
  public static let interest: Interest = [.leases, .sessions, .tasks]

  private var offered: SortedMap<String, String> = [:]
  private var leased: SortedSet<String> = []
  private var sessions: SortedMap<String, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for case .session(let change) in commit.changes {
      if let session = change.after { sessions[session.session] = session.state }
    }
    for change in commit.tasks {
      guard let place = (change.after ?? change.before)?.place else { continue }
      offered[place] = change.after?.phase == "offered" ? change.after?.attemptText : nil
    }
    for case .lease(let change) in commit.changes {
      guard let lease = change.after else { continue }
      judgement.require(
        change.before == nil && leased.insert(lease.attempt), "\(lease.attempt) was leased twice")
      guard let attempt = AttemptID(text: lease.attempt) else {
        judgement.violated("\(lease.attempt) is no attempt")
        continue
      }
      let place = "\(attempt.run)/\(attempt.task)"
      judgement.require(
        offered[place] == lease.attempt,
        "\(lease.attempt) was leased while \(offered[place] ?? "nothing") was offered")
      let state = sessions[lease.session]
      judgement.require(
        state == "open", "\(lease.attempt) was leased to a session that is \(state ?? "unknown")")
    }
  }
}
