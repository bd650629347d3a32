/// How long runs are kept after their end, with their tasks, logs and files, by namespace.
public struct RetentionRules: Hashable, Sendable {
  /// Messages that tell of a run may come again for about so long; what was removed before would
  /// be there again.
  public static let shortest = Duration.seconds(8 * 24 * 3_600)
  public static let rule =
    "LENGTH for all, NAMESPACE=LENGTH for one, such as 90d and build=30d; at least 8d"

  public var usual = Duration.seconds(90 * 24 * 3_600)
  public private(set) var byNamespace: SortedMap<NamespaceName, Duration> = [:]

  public init() {}

  /// Nil unless every text is a rule as `rule` says; the last one for a namespace counts.
  public init?(_ texts: [String]) {
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let last = parts.last, let length = DurationText.duration(last),
        length >= RetentionRules.shortest
      else { return nil }
      if parts.count == 1 {
        usual = length
      } else if let namespace = NamespaceName(String(parts[0])) {
        byNamespace[namespace] = length
      } else {
        return nil
      }
    }
  }

  public func length(for namespace: NamespaceName) -> Duration { byNamespace[namespace] ?? usual }
}
