internal import Domain
internal import SimulationScenarios
internal import SimulationWorld

/// Where the worlds of a batch come from.
enum WorldSource {
  case profile(Profile)
  case scenario(Scenario)

  var name: String {
    switch self {
    case .profile(let profile): profile.name
    case .scenario(let scenario): scenario.name
    }
  }

  /// The options that lead to it again.
  var words: String {
    switch self {
    case .profile(let profile): "--profile \(profile.name)"
    case .scenario(let scenario): "--scenario \(scenario.name)"
    }
  }

  var expects: Scenario.Expectations {
    switch self {
    case .profile: Scenario.Expectations()
    case .scenario(let scenario): scenario.expects
    }
  }

  /// The seed that it is about, whatever the batch says.
  var pinned: UInt64? {
    switch self {
    case .profile: nil
    case .scenario(let scenario): scenario.seed
    }
  }

  func draw(_ seed: UInt64) -> WorldPlan {
    switch self {
    case .profile(let profile): .draw(profile, seed: seed)
    case .scenario(let scenario): .draw(scenario, seed: seed)
    }
  }

  static let options = ["profile", "scenario"]

  /// What the options name; all profiles when they name nothing.
  static func named(_ options: Options) throws(Refusal) -> [WorldSource] {
    if let path = options["scenario"] {
      guard options["profile"] == nil else {
        throw Refusal("a world has a profile or a scenario", fix: "leave one of them out")
      }
      return try ScenarioFiles.load(path).map { .scenario($0) }
    }
    if let name = options["profile"] { return [.profile(try Subject.profile(name))] }
    return Profiles.all.map { .profile($0) }
  }
}
