public import Domain
internal import SimulationFaults

/// A kind of world: which faults may strike, how often, for how long.
public struct Profile: Hashable, Sendable {
  public var name: String
  public var does: String
  /// Faults that may strike, by name, with how likely each is against the others.
  public var faults: SortedMap<String, Int>
  /// How many of the faults that may strike take part in a world, in percent: what is left out lets
  /// the others be seen.
  public var keepsPercent: Int
  /// How many strike in a world.
  public var events: ClosedRange<Int>
  /// How long one lasts.
  public var length: ClosedRange<Duration>
  /// Settings that are kept within narrower ranges than their cards say, by fault and setting.
  public var limits: SortedMap<String, SortedMap<String, ClosedRange<Int>>>
  /// How many of the `buggify` sites of the services misbehave, in percent.
  public var buggifyPercent: Int

  public init(
    name: String, does: String, faults: SortedMap<String, Int> = [:], keepsPercent: Int = 50,
    events: ClosedRange<Int> = 0...0, length: ClosedRange<Duration> = .seconds(1)...(.seconds(20)),
    limits: SortedMap<String, SortedMap<String, ClosedRange<Int>>> = [:], buggifyPercent: Int = 0
  ) {
    self.name = name
    self.does = does
    self.faults = faults
    self.keepsPercent = keepsPercent
    self.events = events
    self.length = length
    self.limits = limits
    self.buggifyPercent = buggifyPercent
  }
}
