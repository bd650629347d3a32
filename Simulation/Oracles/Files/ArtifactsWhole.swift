/// What is called whole is there, and whole.
public struct ArtifactsWhole: Invariant {
  public static let name = InvariantName("S18c", "artifacts-whole")
  public static let promise =
    "in the end the object store has the bytes of every artifact that is ready"
  public static let interest: Interest = [.kept]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    guard case .kept(let artifact, let digest, let found) = fact else { return }
    judgement.require(
      found == digest, "\(artifact) is ready with \(digest), and there is \(found ?? "nothing")")
  }
}
