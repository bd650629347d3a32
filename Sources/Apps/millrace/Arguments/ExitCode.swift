/// What the process says when it ends. Documented, tested, and the same for every verb.
enum ExitCode: Int32, Error, CaseIterable {
  case ok = 0
  case failed = 1
  case usage = 2
  case cancelled = 3
  case notAllowed = 4
  case notFound = 5
  case conflict = 6
  case invalid = 7
  case stillRunning = 8
  case timedOut = 9
  // What `sim` found: docs/simulation.md.
  case safetyBroken = 10
  case livenessBroken = 11
  case simulationCrashed = 12
  case notDeterministic = 13
  case limitReached = 14
  case neverReached = 15
  case canary = 17
  case fileUnusable = 66
  case unreachable = 69
  case interrupted = 130
}
