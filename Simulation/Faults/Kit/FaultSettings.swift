public import Domain
public import SimulationKit

/// What the settings of one fault are in one world.
public struct FaultSettings: Hashable, Sendable {
  public var values: SortedMap<String, Int>

  public init(_ values: SortedMap<String, Int> = [:]) {
    self.values = values
  }

  /// Zero for what is not set.
  public subscript(name: String) -> Int { values[name] ?? 0 }

  public func length(_ name: String) -> Duration { .milliseconds(self[name]) }
  public func chance(_ name: String) -> Chance { .percent(self[name]) }

  /// Drawn within the ranges of the card; settings that `limits` name, within those.
  public static func draw(
    _ card: FaultCard, by random: inout RandomStream,
    within limits: SortedMap<String, ClosedRange<Int>>
  ) -> FaultSettings {
    var values: SortedMap<String, Int> = [:]
    for setting in card.settings {
      let range = limits[setting.name] ?? setting.range
      values[setting.name] = random.number(in: range)
    }
    return FaultSettings(values)
  }
}
