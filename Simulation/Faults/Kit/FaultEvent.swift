internal import Domain

/// One fault in one world: which, when, for how long, and how it is set.
public struct FaultEvent: Hashable, Sendable, CustomStringConvertible {
  public var fault: String
  /// What it waits for first, if anything.
  public var after: FaultAnchor?
  /// Virtual time since the people began, or since what it waits for.
  public var at: Duration
  public var length: Duration
  public var settings: FaultSettings

  public init(
    fault: String, after: FaultAnchor? = nil, at: Duration, length: Duration,
    settings: FaultSettings
  ) {
    self.fault = fault
    self.after = after
    self.at = at
    self.length = length
    self.settings = settings
  }

  /// `12.500 s process-pause for 3.000 s target=4`; `task-offered #2 + 0.010 s …`.
  public var description: String {
    let values = settings.values.map { " \($0.key)=\($0.value)" }.joined()
    return (after.map { "\($0) + " } ?? "")
      + "\(FaultEvent.seconds(at)) s \(fault) for \(FaultEvent.seconds(length)) s\(values)"
  }

  /// `12.500`: to the millisecond, as everything about a world is told.
  public static func seconds(_ length: Duration) -> String {
    let milliseconds = length.wholeMicroseconds / 1_000
    let rest = String(milliseconds % 1_000)
    return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}
