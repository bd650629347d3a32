public import SimulationFaults

/// That a landmark was passed in a world.
public struct LandmarkPass: Hashable, Sendable {
  public var anchor: FaultAnchor
  /// Virtual time since the people began; negative before that.
  public var at: Duration
}
