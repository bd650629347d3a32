internal import Domain
public import SimulationFaults
public import SimulationKit

/// The faults of one world in the order of their beginnings.
public struct FaultSchedule: Hashable, Sendable {
  public var events: [FaultEvent]

  public init(_ events: [FaultEvent] = []) {
    self.events = events
  }

  /// - Parameter over: how long faults may begin.
  public static func draw(
    _ profile: Profile, by random: inout RandomStream, over length: Duration
  ) -> FaultSchedule {
    var choices: [(name: String, weight: Int)] = []
    for (name, weight) in profile.faults where random.happens(.percent(profile.keepsPercent)) {
      choices.append((name, weight))
    }
    if choices.isEmpty, let first = profile.faults.first {
      choices = [(first.key, first.value)]
    }
    guard !choices.isEmpty else { return FaultSchedule() }
    let count = profile.events.lowerBound + random.below(profile.events.count)
    var events: [FaultEvent] = []
    for _ in 0..<count {
      let name = choose(choices, by: &random)
      guard let fault = Faults.named(name) else { continue }
      events.append(
        FaultEvent(
          fault: name, at: random.length(in: .zero...length).inWholeMilliseconds,
          length: drawLength(profile.length, by: &random).inWholeMilliseconds,
          settings: .draw(fault.card, by: &random, within: profile.limits[name] ?? [:])))
    }
    return FaultSchedule(events.sorted { $0.at < $1.at })
  }

  private static func choose(
    _ choices: [(name: String, weight: Int)], by random: inout RandomStream
  ) -> String {
    var place = random.below(choices.reduce(0) { $0 + $1.weight })
    for choice in choices {
      if place < choice.weight { return choice.name }
      place -= choice.weight
    }
    return choices[0].name
  }

  /// Short ones are as likely as long ones: by orders of magnitude.
  private static func drawLength(
    _ range: ClosedRange<Duration>, by random: inout RandomStream
  ) -> Duration {
    var (low, high) = (range.lowerBound, range.upperBound)
    while high > low * 2, random.happens(.percent(50)) { high = max(high / 2, low) }
    low = max(low, high / 2)
    return random.length(in: low...high)
  }
}
