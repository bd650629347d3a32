public import Domain

/// Who owns a partition, as one observer sees it.
///
/// Life is judged by the observer's own clock since it last saw the row change; the clocks of
/// others are never compared. The stored row is the only fence: whoever updates it over its version
/// owns.
public struct PartitionLease: Hashable, Sendable {
  public struct Sighting: Hashable, Sendable {
    public var owner: ProcessID?
    public var epoch: Int64
    public var renewals: Int64

    public init(owner: ProcessID?, epoch: Int64, renewals: Int64) {
      self.owner = owner
      self.epoch = epoch
      self.renewals = renewals
    }
  }

  public enum Step: Hashable, Sendable {
    /// Nobody owns it, or its owner has shown no life for a lease: try to take it.
    case take
    /// Somebody else owns it; look again.
    case watch
    /// This process owns it.
    case hold
  }

  public let process: ProcessID
  public let length: Duration
  private var last: Sighting?
  private var changedAt = Uptime.start

  public init(process: ProcessID, length: Duration) {
    self.process = process
    self.length = length
  }

  /// What to do after the row was seen, nil when there is no row yet.
  public mutating func see(_ sighting: Sighting?, at now: Uptime) -> Step {
    guard let sighting, let owner = sighting.owner else {
      last = sighting
      changedAt = now
      return .take
    }
    if owner == process { return .hold }
    if sighting != last {
      last = sighting
      changedAt = now
      return .watch
    }
    return now - changedAt >= length ? .take : .watch
  }
}
