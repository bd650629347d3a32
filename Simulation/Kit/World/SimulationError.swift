/// Why a simulated run ended badly. Every message begins with the seed.
public struct SimulationError: Error, CustomStringConvertible {
  public enum Cause: Hashable, Sendable {
    /// Nothing can run and no event is left, yet the run is not done.
    case deadlock
    case stepLimit
    /// Too many steps without any time passing.
    case spinning
    case timeLimit
    /// A task of the simulation was resumed by a thread outside, or a fake was called from outside.
    case escaped
    /// The main function of a process threw.
    case processFailed
    /// The body of the run threw.
    case bodyFailed
    /// `SimulatedWorld.wait` waited in vain.
    case waitedInVain
    /// The same seed took two different ways.
    case nondeterministic
  }

  public var cause: Cause
  public var seed: UInt64
  /// Virtual time since the start of the world.
  public var at: Duration
  public var message: String
  /// What the body or the process threw.
  public var underlying: (any Error)?

  public init(
    _ cause: Cause, seed: UInt64, at: Duration, message: String, underlying: (any Error)? = nil
  ) {
    self.cause = cause
    self.seed = seed
    self.at = at
    self.message = message
    self.underlying = underlying
  }

  public var description: String {
    "seed \(seed), after \(at): \(message)"
  }
}
