internal import Domain
internal import SimulationScenarios
internal import SimulationWorld

/// Where the worlds of a batch come from.
enum WorldSource {
  case profile(Profile)
  case scenario(Scenario)
  /// With the path of its file.
  case workflow(UserWorkflow, Profile, String)

  var name: String {
    switch self {
    case .profile(let profile): profile.name
    case .scenario(let scenario): scenario.name
    case .workflow(_, let profile, _): profile.name
    }
  }

  /// The options that lead to it again.
  var words: String {
    switch self {
    case .profile(let profile): "--profile \(profile.name)"
    case .scenario(let scenario): "--scenario \(scenario.name)"
    case .workflow(_, let profile, let path): "--workflow \(path) --profile \(profile.name)"
    }
  }

  var expects: Scenario.Expectations {
    switch self {
    case .profile, .workflow: Scenario.Expectations()
    case .scenario(let scenario): scenario.expects
    }
  }

  /// The seed that it is about, whatever the batch says.
  var pinned: UInt64? {
    switch self {
    case .profile, .workflow: nil
    case .scenario(let scenario): scenario.seed
    }
  }

  func draw(_ seed: UInt64) -> WorldPlan {
    switch self {
    case .profile(let profile): .draw(profile, seed: seed)
    case .scenario(let scenario): .draw(scenario, seed: seed)
    case .workflow(let user, let profile, _): .draw(user, profile, seed: seed)
    }
  }

  static let options = ["profile", "scenario", "workflow", "task", "runs"]

  /// What the options name; all profiles when they name nothing.
  static func named(_ options: Options) throws(Refusal) -> [WorldSource] {
    if let path = options["scenario"] {
      guard options["profile"] == nil else {
        throw Refusal("a world has a profile or a scenario", fix: "leave one of them out")
      }
      return try ScenarioFiles.load(path).map { .scenario($0) }
    }
    let profiles =
      if let name = options["profile"] { [try Subject.profile(name)] } else { Profiles.all }
    guard let path = options["workflow"] else { return profiles.map { .profile($0) } }
    let user = try WorkflowFile.load(
      path, hints: options.all("task"), runs: try options.count("runs", default: 5, 1...1_000))
    return profiles.map { .workflow(user, $0, path) }
  }
}
