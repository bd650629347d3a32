internal import Domain

/// Why a verb could not do what it was asked: what, why, how to fix it, and the exit code.
struct Failure: Error {
  var code: ExitCode
  var what: String
  var hint: String
  var requestID: String?
  /// Single findings, each a line.
  var details: [String] = []

  init(
    _ code: ExitCode, _ what: String, hint: String = "", requestID: String? = nil,
    details: [String] = []
  ) {
    self.code = code
    self.what = what
    self.hint = hint
    self.requestID = requestID
    self.details = details
  }

  static func usage(_ what: String, hint: String = Failure.helpHint) -> Failure {
    Failure(.usage, what, hint: hint)
  }

  static let helpHint = "see `millrace help`"

  /// A usage error that knows no better points to the help of its verb.
  func pointing(to verb: Verb) -> Failure {
    guard code == .usage, hint == Failure.helpHint else { return self }
    var better = self
    better.hint = "see `millrace \(verb.name) --help`"
    return better
  }

  /// As lines for people.
  var text: String {
    var lines = ["error: \(what)"]
    lines += details.map { "  \($0)" }
    if !hint.isEmpty { lines.append("  fix: \(hint)") }
    if let requestID { lines.append("  request: \(requestID)") }
    return lines.joined(separator: "\n")
  }

  /// As a document for programs.
  var document: Value {
    var members: [(String, Value)] = [
      ("error", .string(what)), ("exitCode", .integer(Int64(code.rawValue))),
    ]
    if !hint.isEmpty { members.append(("hint", .string(hint))) }
    if let requestID { members.append(("requestId", .string(requestID))) }
    if !details.isEmpty { members.append(("details", .array(details.map(Value.string)))) }
    return .object(SortedMap(members))
  }
}
