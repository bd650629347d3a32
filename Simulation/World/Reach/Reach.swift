public import Domain

/// How often faults began while something was in a phase: fault × phase.
public struct Reach: Hashable, Sendable {
  public private(set) var counts: SortedMap<String, SortedMap<WorkPhase, Int>> = [:]

  public init() {}

  public subscript(fault: String, phase: WorkPhase) -> Int { counts[fault]?[phase] ?? 0 }

  mutating func count(_ fault: String, _ phase: WorkPhase) {
    add(1, fault, phase)
  }

  public mutating func add(_ other: Reach) {
    for (fault, phases) in other.counts {
      for (phase, count) in phases { add(count, fault, phase) }
    }
  }

  mutating func add(_ count: Int, _ fault: String, _ phase: WorkPhase) {
    var phases = counts[fault] ?? [:]
    phases[phase, default: 0] += count
    counts[fault] = phases
  }
}
