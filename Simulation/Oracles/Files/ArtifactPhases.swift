internal import Contracts

/// What is shown as whole stays what it is.
public struct ArtifactPhases: Invariant {
  public static let name = InvariantName("S18", "artifacts-final")
  public static let promise =
    "an artifact that is ready keeps its digest and size until it is removed"
  public static let interest: Interest = [.artifacts]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .committed(let commit) = fact else { return }
    for case .artifact(let change) in commit.changes {
      guard let after = change.after else { continue }
      if after.phase == .ready {
        judgement.require(
          after.digest.count == 64, "\(after.artifact) is ready with the digest '\(after.digest)'")
      }
      guard let before = change.before else { continue }
      judgement.require(
        before.phase != .removing || after.phase == .removing,
        "\(after.artifact) came back from its removal")
      if before.phase == .ready, after.phase == .ready {
        judgement.require(
          before.digest == after.digest && before.size == after.size,
          "\(after.artifact) changed while it was ready")
      }
    }
  }
}
