internal import Domain
internal import SimulationFaults

/// The profiles that every batch of seeds goes through.
public enum Profiles {
  public static let all: [Profile] = [
    quiet, lite, swarm, killstorm, attrition, zombie, unknownOutcome, clock, overload,
  ]

  public static func named(_ name: String) -> Profile? { all.first { $0.name == name } }

  public static let quiet = Profile(name: "quiet", does: "nothing goes wrong")

  public static let lite = Profile(
    name: "lite", does: "a few short faults of any kind", faults: every(but: poisonous),
    keepsPercent: 50, events: 1...4, length: .milliseconds(500)...(.seconds(5)))

  public static let swarm = Profile(
    name: "swarm", does: "some kinds of faults, each world its own, and many of them",
    faults: every(but: []), keepsPercent: 30, events: 5...25,
    length: .milliseconds(200)...(.seconds(30)), buggifyPercent: 25)

  public static let killstorm = Profile(
    name: "killstorm", does: "processes are killed all the time",
    faults: [
      "process-kill": 10, "process-restart": 6, "role-kill": 2, "scattered-kill": 2,
      "crash-loop": 2, "power-cut": 1, "process-stop": 2, "rolling-restart": 1,
    ], keepsPercent: 80, events: 20...60, length: .milliseconds(100)...(.seconds(8)))

  public static let attrition = Profile(
    name: "attrition", does: "few faults that last long",
    faults: [
      "process-restart": 4, "isolation": 3, "roles-apart": 1, "store-down": 2, "bus-down": 1,
      "archive-down": 1, "objects-down": 1, "receivers-unreachable": 2, "process-slow": 3,
      "partition": 1,
    ], keepsPercent: 60, events: 2...5, length: .seconds(30)...(.seconds(120)))

  public static let zombie = Profile(
    name: "zombie", does: "processes stand still and come back",
    faults: [
      "process-pause": 10, "process-slow": 3, "one-way-cut": 3, "deaf-process": 3,
      "bus-fencing": 2, "isolation": 2,
    ], keepsPercent: 70, events: 8...25, length: .milliseconds(500)...(.seconds(60)))

  public static let unknownOutcome = Profile(
    name: "unknown-outcome", does: "nobody knows what became of calls",
    faults: [
      "lost-answers": 4, "lost-requests": 3, "silent-losses": 3, "resets": 3, "half-open": 2,
      "store-lost-commits": 4, "store-unknown-commits": 4, "store-late-commits": 4,
      "store-conflicts": 2, "bus-duplicates": 4, "bus-lost-publish": 3, "bus-half-publish": 3,
      "bus-lost-commit": 2, "bus-unknown-commit": 2, "bus-redelivery": 3,
      "bus-forgotten-offsets": 1, "archive-lost-writes": 2, "archive-unknown-writes": 2,
      "objects-lost-writes": 2, "objects-unknown-writes": 2, "objects-late-writes": 2,
      "receivers-unknown-taken": 2, "receivers-unknown-not-taken": 2, "process-kill": 2,
    ], keepsPercent: 50, events: 8...25, length: .seconds(1)...(.seconds(40)))

  public static let clock = Profile(
    name: "clock", does: "clocks are wrong, drift, jump and stand still",
    faults: [
      "clock-skew": 4, "clock-drift": 3, "clock-step-forward": 3, "clock-step-back": 3,
      "clock-noise": 3, "clock-freeze": 2, "process-kill": 2, "process-pause": 2,
    ], keepsPercent: 70, events: 6...20, length: .seconds(5)...(.seconds(90)))

  public static let overload = Profile(
    name: "overload", does: "everything is slow, and more is asked than it can do",
    faults: [
      "process-slow": 6, "store-slow": 4, "bus-slow": 3, "bus-lag": 3, "slow-links": 3,
      "slow-tail": 3, "archive-slow": 2, "receivers-slow": 2, "receivers-busy": 2,
      "starts-slow": 3, "clog": 2, "objects-slow-bodies": 1,
    ], keepsPercent: 60, events: 5...15, length: .seconds(5)...(.seconds(60)))

  /// Those after which something is set aside.
  private static let poisonous = ["bus-poison"]

  private static func every(but names: [String]) -> SortedMap<String, Int> {
    SortedMap(
      Faults.all.map { $0.card.name }.filter { !names.contains($0) }.map { ($0, 1) })
  }
}
