public import SimulationKit

/// What a fake archive does to its clients. Chances are drawn for each call.
public struct ArchiveFaults: Hashable, Sendable {
  public var latency: ClosedRange<Duration> = .zero...(.zero)
  /// Every call is `.unavailable` while this is true.
  public var isDown = false
  /// A call is `.unavailable` and does nothing.
  public var unavailable = Chance.never
  /// Unknown outcome of a write, without and with effect.
  public var lostBefore = Chance.never
  public var lostAfter = Chance.never
  /// A read answers fewer lines or documents than it could, never none.
  public var shortens = Chance.never
  /// A wait ends although nothing has come.
  public var wakesEarly = Chance.never

  public init() {}

  /// Nothing goes wrong and nothing takes time.
  public static let calm = ArchiveFaults()

  /// Nothing goes wrong, but calls take time and pages vary.
  public static var slow: ArchiveFaults {
    var faults = ArchiveFaults()
    faults.latency = .microseconds(50)...(.milliseconds(2))
    faults.shortens = .percent(20)
    faults.wakesEarly = .percent(5)
    return faults
  }

  /// Everything that a real archive may do, far more often than a real archive does it.
  public static var hostile: ArchiveFaults {
    var faults = ArchiveFaults.slow
    faults.unavailable = .percent(2)
    faults.lostBefore = .percent(1)
    faults.lostAfter = .percent(2)
    return faults
  }
}
