/// The random stream of one process: unpredictable in production, seeded in simulation.
///
/// Safe from any task. Ids, commit versions and choices draw from it, jitter does not.
public protocol Randomness: Sendable {
  func next() -> UInt64
}
