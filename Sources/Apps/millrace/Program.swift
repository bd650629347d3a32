internal import Domain
internal import Glibc

/// The command line as a whole: finds the verb, runs it, tells what went wrong.
struct Program {
  static let version = "0.1.0"
  static let verbs: [Verb] =
    LocalVerbs.all + [ServeVerb.verb, HealthVerb.verb] + AdminVerbs.all + WorkflowVerbs.all
    + RunVerbs.all
    + TaskVerbs.all + ArtifactVerbs.all
    + NotifyVerbs.all + AuthVerbs.all + UserVerbs.all + RoleVerbs.all + NamespaceVerbs.all
    + SecretVerbs.all + AccountVerbs.all + SimulationVerbs.all

  /// Words that are no verbs and are understood all the same.
  static let ownWords = ["help", "version"]

  let environment: ProcessEnvironment

  func run(_ arguments: [String]) async -> ExitCode {
    if let first = arguments.first {
      if ["help", "--help", "-h"].contains(first) { return help(Array(arguments.dropFirst())) }
      if ["version", "--version", "-V"].contains(first) {
        Terminal.line("millrace \(Program.version)")
        return .ok
      }
    } else {
      Terminal.note(Program.overview)
      return .usage
    }
    var isDocument = environment["MILLRACE_OUTPUT"].map { $0.hasPrefix("json") } ?? false
    do {
      let call = try ArgumentParser(verbs: Program.verbs, environment: environment).parse(arguments)
      isDocument = OutputForm.isDocument(call)
      if call.has("help") {
        Terminal.line(call.verb.help)
        return .ok
      }
      do {
        return try await call.verb.run(call)
      } catch let failure as Failure {
        throw failure.pointing(to: call.verb)
      }
    } catch let failure as Failure {
      Terminal.note(isDocument ? failure.document.json : failure.text)
      return failure.code
    } catch {
      let failure = Failure(.failed, "\(error)")
      Terminal.note(isDocument ? failure.document.json : failure.text)
      return failure.code
    }
  }

  private func help(_ words: [String]) -> ExitCode {
    if words.isEmpty {
      Terminal.line(Program.overview)
      return .ok
    }
    guard let verb = Program.verbs.first(where: { $0.words == words }) else {
      let below = Program.verbs.filter { $0.words.starts(with: words) }
      guard !below.isEmpty else {
        Terminal.note(noVerb(words).text)
        return .usage
      }
      Terminal.line(Program.list(below).joined(separator: "\n"))
      return .ok
    }
    Terminal.line(verb.help)
    return .ok
  }

  private func noVerb(_ words: [String]) -> Failure {
    do {
      _ = try ArgumentParser(verbs: Program.verbs, environment: environment).parse(words)
    } catch let failure as Failure where failure.hint.hasPrefix("did you mean") {
      return failure
    } catch {}
    return .usage("there is no verb `\(words.joined(separator: " "))`")
  }

  /// Verbs with what they take and do, a line each.
  private static func list(_ verbs: [Verb]) -> [String] {
    let width = verbs.map { $0.name.count + $0.operands.count + 1 }.max() ?? 0
    return verbs.map { verb in
      let head = verb.operands.isEmpty ? verb.name : "\(verb.name) \(verb.operands)"
      return "  " + head + String(repeating: " ", count: max(width - head.count, 0) + 2)
        + verb.summary
    }
  }

  static var overview: String {
    var lines = ["millrace: workflows that never lie about their state", ""]
    lines += list(verbs)
    lines += [
      "", "`millrace VERB --help` shows the options of a verb.",
      "Exit codes: 0 ok or succeeded, 1 failed, 2 usage, 3 cancelled, 4 not allowed, 5 not found,",
      "6 conflict, 7 not valid, 8 still running, 9 timed out, 10-17 what `sim` found, 66 file,",
      "69 unreachable, 130 interrupted.",
    ]
    return lines.joined(separator: "\n")
  }
}

extension ProcessEnvironment {
  static var current: ProcessEnvironment {
    var variables: [String: String] = [:]
    var place = Glibc.environ
    while let entry = place.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      place += 1
    }
    return ProcessEnvironment(
      variables: variables, isOutputTerminal: Terminal.isTerminal(1),
      isErrorTerminal: Terminal.isTerminal(2))
  }
}
