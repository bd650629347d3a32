/// How `sim` ends, for scripts.
enum ExitCode: Int32 {
  case good = 0
  case usage = 2
  /// An invariant was broken.
  case safety = 10
  /// Something did not come to its end.
  case liveness = 11
  /// A process of a world failed, or left the simulation.
  case crash = 12
  /// The same seed took two different ways.
  case nondeterministic = 13
  /// A world took more steps or time than it may.
  case limit = 14
  /// Something that should happen never did.
  case coverage = 15
  /// A world that was made to fail did: what notices failures works.
  case canary = 17
  /// A workflow is not valid.
  case invalid = 7
  /// A file could not be read or written.
  case file = 66

  init(signature: String) {
    self =
      switch signature {
      case "good": .good
      case "everything-ends", "waited-in-vain", "deadlock": .liveness
      case "process-failed", "escaped", "body-failed", "crash": .crash
      case "nondeterministic": .nondeterministic
      case "limit": .limit
      case "canary": .canary
      default: .safety
      }
  }
}

/// What was wrong with what `sim` was told, and how to put it right.
struct Refusal: Error {
  var code = ExitCode.usage
  var what: String
  var fix: String

  init(_ what: String, fix: String, code: ExitCode = .usage) {
    self.what = what
    self.fix = fix
    self.code = code
  }
}
