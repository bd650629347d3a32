/// In-code fault points and marks for the simulator; does nothing in production.
///
/// For shells only: cores speak through effects.
public protocol Probe: Sendable {
  /// A place where the simulator may make the process die, wait or go another legal way. True asks
  /// the caller to take the rare path.
  func buggify(_ name: StaticString) -> Bool
  /// Records that something worth reaching was reached.
  func reached(_ name: StaticString)
}

/// The probe of production: never fires.
public struct SilentProbe: Probe {
  public init() {}
  public func buggify(_ name: StaticString) -> Bool { false }
  public func reached(_ name: StaticString) {}
}
