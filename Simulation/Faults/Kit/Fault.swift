/// Something that goes wrong for a while, and then is right again.
///
/// One file each. Its card says what it is and what it can be set to; marks prove that it struck.
public protocol Fault: Sendable {
  static var card: FaultCard { get }

  init(_ settings: FaultSettings)

  /// Called as a world event, when the fault begins.
  func begin(on stage: Stage)
  /// Called as a world event, when it is over; also when it had no effect.
  func heal(on stage: Stage)
}

extension Fault {
  public func heal(on stage: Stage) {}
}

/// What a fault is, for people and for whoever makes up worlds.
public struct FaultCard: Sendable {
  /// Its number in the catalogue, such as `P4`.
  public var number: String
  /// Unique, in words: `process-pause`.
  public var name: String
  /// What happens, in one sentence.
  public var does: String
  public var settings: [FaultSetting]
  /// Marks of the fakes that say that it has struck, any of them; empty when its beginning is
  /// enough.
  public var evidence: [String]

  public init(
    _ number: String, _ name: String, _ does: String, _ settings: [FaultSetting] = [],
    evidence: [String] = []
  ) {
    self.number = number
    self.name = name
    self.does = does
    self.settings = settings
    self.evidence = evidence
  }
}

/// One number that a fault can be set to.
public struct FaultSetting: Hashable, Sendable {
  public enum Unit: String, Hashable, Sendable {
    case count, milliseconds, percent, target, store
  }

  public var name: String
  public var unit: Unit
  public var range: ClosedRange<Int>

  /// Which of the processes: any number, taken modulo how many there are.
  public static let target = FaultSetting("target", .target, 0...999)
  /// Which of the stores, in the same way.
  public static let store = FaultSetting("target", .store, 0...999)

  public init(_ name: String, _ unit: Unit, _ range: ClosedRange<Int>) {
    self.name = name
    self.unit = unit
    self.range = range
  }
}
