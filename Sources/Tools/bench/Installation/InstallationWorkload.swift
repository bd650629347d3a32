/// What is measured of an installation of processes on real servers, by its name on the command
/// line and in the output.
enum InstallationWorkload: Hashable, Sendable {
  /// One run: a task, many that need it, one that needs all of them.
  case fan(tasks: Int)
  /// Runs of tasks one after the other: what a hop takes.
  case chain
  /// Many runs of three tasks at once.
  case lines(runs: Int)
  /// From the request of a run to the start of its first task, when nothing else is going on.
  case submit

  static let all: [InstallationWorkload] = [
    .fan(tasks: 100), .fan(tasks: 1_000), .fan(tasks: 10_000), .chain, .lines(runs: 500),
    .lines(runs: 5_000), .submit, .fan(tasks: 100_000),
  ]

  static let chainLength = 50
  static let chains = 10
  static let submissions = 30

  var name: String {
    switch self {
    case .fan(100_000): "W5"
    case .fan(let tasks): "W1-\(tasks)"
    case .chain: "W2"
    case .lines(let runs): "W3-\(runs)"
    case .submit: "W4"
    }
  }

  static func named(_ name: String) -> InstallationWorkload? {
    all.first { $0.name == name }
  }
}
