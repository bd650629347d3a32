/// How likely something is, in parts per million: whole numbers, so that every build decides alike.
public struct Chance: Hashable, Comparable, Sendable {
  public let perMillion: Int

  /// Clamped to 0…1,000,000.
  public init(perMillion: Int) {
    self.perMillion = min(max(perMillion, 0), 1_000_000)
  }

  public static let never = Chance(perMillion: 0)
  public static let always = Chance(perMillion: 1_000_000)

  public static func percent(_ percent: Int) -> Chance {
    Chance(perMillion: min(max(percent, 0), 100) * 10_000)
  }

  public static func < (left: Chance, right: Chance) -> Bool {
    left.perMillion < right.perMillion
  }
}
