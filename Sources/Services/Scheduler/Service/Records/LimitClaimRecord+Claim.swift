internal import Contracts
internal import Domain
internal import SchedulerCore

extension LimitClaimRecord {
  enum Phase {
    static let waiting = "waiting"
    static let holding = "holding"
    static let gone = "gone"
  }

  init(_ claim: LimitClaim, of limit: LimitKey, partition: Int) {
    self.init(
      limit: limit.description, run: claim.run.text, size: Int32(clamping: claim.size),
      onLimit: claim.onLimit.rawValue, dueUs: claim.due?.microseconds, partition: Int64(partition))
    switch claim.phase {
    case .waiting:
      phase = Phase.waiting
    case .holding(_, let newer):
      phase = Phase.holding
      supersededBy = newer?.text ?? ""
    case .gone(_, let why):
      phase = Phase.gone
      refusal = why?.kind.rawValue ?? ""
      refusedBy = why?.by.text ?? ""
    }
  }

  /// Nil when the record says something that this version does not know.
  func claim(stamp: UInt64) -> LimitClaim? {
    guard let run = RunID(text: run), let phase = readPhase(),
      let onLimit = ConcurrencyRule.OnLimit(rawValue: onLimit)
    else { return nil }
    return LimitClaim(run, size: Int(size), onLimit: onLimit, phase: phase, stamp: stamp)
  }

  private func readPhase() -> LimitClaim.Phase? {
    let due = Moment(microseconds: dueUs ?? 0)
    switch phase {
    case Phase.waiting:
      return .waiting
    case Phase.holding:
      return .holding(nextCheck: due, supersededBy: RunID(text: supersededBy))
    case Phase.gone:
      guard let kind = LimitRefusal.Kind(rawValue: refusal), let by = RunID(text: refusedBy)
      else { return refusal.isEmpty ? .gone(until: due, nil) : nil }
      return .gone(until: due, LimitRefusal(kind, by: by))
    default:
      return nil
    }
  }
}

extension RunRecord.Permit {
  init(_ permit: RunPermit) {
    self.init(
      limit: permit.limit.description, size: Int32(clamping: permit.size),
      onLimit: permit.onLimit.rawValue, isSkipped: permit.isSkipped, wasHeld: permit.wasHeld)
    switch permit.phase {
    case .asking(let times, let next):
      phase = "asking"
      timesAsked = Int32(clamping: times)
      nextUs = next.microseconds
    case .held:
      phase = "held"
    case .over:
      phase = "over"
    }
  }
}

extension RunPermit {
  /// Nil when the record cannot be understood.
  init?(_ record: RunRecord.Permit) {
    guard let limit = LimitKey(text: record.limit),
      let onLimit = ConcurrencyRule.OnLimit(rawValue: record.onLimit)
    else { return nil }
    let phase: Phase
    switch record.phase {
    case "asking":
      phase = .asking(
        times: Int(record.timesAsked), next: Moment(microseconds: record.nextUs))
    case "held": phase = .held
    case "over": phase = .over
    default: return nil
    }
    self.init(
      limit, size: Int(record.size), onLimit: onLimit, phase: phase, wasHeld: record.wasHeld,
      isSkipped: record.isSkipped)
  }
}
