public import Ports

/// The random stream of one incarnation: another one in each life.
public struct SimulatedRandomness: Randomness {
  private let random: WorldRandom

  init(_ incarnation: Incarnation) {
    random = incarnation.world.stream(named: "process \(incarnation)")
  }

  public func next() -> UInt64 { random.next() }
}
