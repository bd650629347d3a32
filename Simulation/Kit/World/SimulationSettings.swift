public import Domain

/// The limits and habits of a world. Validated once at its start.
public struct SimulationSettings: Sendable {
  /// What wall clocks without skew say when the world starts: 2026-01-01T00:00:00Z.
  public var startsAt = Moment(microseconds: 1_767_225_600_000_000)
  /// A world that lives longer than this in virtual time has failed.
  public var timeMax: Duration = .seconds(7 * 24 * 3_600)
  /// Jobs and events that a world may run.
  public var stepsMax = 50_000_000
  /// Jobs and events at one instant; more means that something spins without waiting.
  public var stepsPerInstantMax = 5_000_000
  /// How late a sleep may wake.
  public var timerLatenessMax: Duration = .milliseconds(1)
  /// Whether a `buggify` site misbehaves in this world at all.
  public var buggifyActivation = Chance.never
  /// How often an active site fires.
  public var buggifyFiring = Chance.percent(25)
  /// Keep every entry of the trace: to find where two runs part.
  public var keepsTraceEntries = false
  /// Telemetry records kept; older ones are forgotten first.
  public var telemetryRecordsMax = 200_000

  public init() {}
}
