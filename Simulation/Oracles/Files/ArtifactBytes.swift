internal import Domain

/// Bytes that were taken come back as they were.
public struct ArtifactBytes: Invariant {
  public static let name = InvariantName("S18b", "artifact-bytes")
  public static let promise =
    "an upload that was acknowledged is found until it is removed, and every whole download gives "
    + "its bytes"
  public static let interest: Interest = [.asked, .answered]

  /// What was acknowledged, by path.
  private var taken: SortedMap<String, String> = [:]
  /// Downloads that were asked for after the acknowledgement, by number.
  private var asked: SortedMap<Int, String> = [:]

  public init() {}

  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {
    switch fact {
    case .asked(let call):
      if case .download(let path) = call.intent, taken[path] != nil { asked[call.number] = path }
      if case .remove(let path) = call.intent {
        taken[path] = nil
        for (number, wanted) in asked where wanted == path { asked[number] = nil }
      }
    case .answered(let call, .answered(let status, let body, _)):
      if case .upload(let path, let content) = call.intent, (200..<300).contains(status) {
        taken[path] = content
      }
      guard let path = asked.removeValue(for: call.number) else { return }
      let isAway = [401, 429, 503, 504].contains(status)
      judgement.require(
        status == 200 || isAway, "\(path) was taken and is answered with \(status)")
      guard status == 200 else { return }
      judgement.require(
        body == taken[path].map(Value.string),
        "\(path) came back as \(body.json) and was \(taken[path] ?? "")")
    default: break
    }
  }
}
