internal import Domain

/// Reads the words of a command line into a call, or says what is wrong with them.
struct ArgumentParser {
  let verbs: [Verb]
  let environment: ProcessEnvironment

  /// Words that name the same thing, such as plurals of nouns.
  private static let aliases = [
    "users": "user", "roles": "role", "namespaces": "namespace", "accounts": "account",
    "workflows": "workflow", "runs": "run", "tasks": "task", "artifacts": "artifact",
    "ls": "list",
  ]

  func parse(_ arguments: [String]) throws -> Call {
    var words: [String] = []
    var rest = arguments[...]
    while let word = rest.first, !word.hasPrefix("-"), words.count < 3 {
      let next = words + [ArgumentParser.aliases[word] ?? word]
      guard verbs.contains(where: { $0.words.starts(with: next) }) else { break }
      words = next
      rest = rest.dropFirst()
    }
    guard let verb = verbs.first(where: { $0.words == words }) else {
      throw unknown(words, rest.first)
    }
    do {
      return try call(verb, Array(rest))
    } catch let failure as Failure {
      throw failure.pointing(to: verb)
    }
  }

  private func unknown(_ words: [String], _ next: String?) -> Failure {
    let verbs = verbs.filter { $0.words.starts(with: words) }
    guard let next, !next.hasPrefix("-") else {
      if words.isEmpty {
        return .usage(
          "no verb was given before \(next ?? "the options")",
          hint: "options follow the verb: `millrace run list --output json`")
      }
      return .usage(
        "`\(words.joined(separator: " "))` needs a verb",
        hint: "one of: " + verbs.map { "`\($0.name)`" }.joined(separator: ", "))
    }
    let choices =
      verbs.compactMap { $0.words.dropFirst(words.count).first }
      + (words.isEmpty ? Program.ownWords : [])
    let near = NearestMatch.of(next, among: choices)
    return .usage(
      "there is no verb `\((words + [next]).joined(separator: " "))`",
      hint: near.map { "did you mean `\((words + [$0]).joined(separator: " "))`?" }
        ?? "see `millrace help`")
  }

  private func call(_ verb: Verb, _ words: [String]) throws -> Call {
    var operands: [String] = []
    var values: [(name: String, value: String)] = []
    var rest = words[...]
    var areOptionsOver = false
    while let word = rest.popFirst() {
      if areOptionsOver || !word.hasPrefix("-") || word == "-" {
        operands.append(word)
      } else if word == "--" {
        areOptionsOver = true
      } else {
        values.append(try option(word, of: verb, &rest))
      }
    }
    for (index, value) in values.enumerated() {
      let isRepeated = values[..<index].contains { $0.name == value.name }
      let option = options(of: verb).first { $0.name == value.name }
      if isRepeated, option?.isRepeatable == false {
        throw Failure.usage("--\(value.name) was given more than once")
      }
    }
    let call = Call(verb, operands: operands, values: values, environment: environment)
    if !call.has("help"), !verb.operandCount.contains(operands.count) {
      throw Failure.usage(
        operands.count < verb.operandCount.lowerBound
          ? "`\(verb.name)` needs \(verb.operands)"
          : "`\(verb.name)` does not take '\(operands.last ?? "")'",
        hint: "see `millrace \(verb.name) --help`")
    }
    return call
  }

  private func options(of verb: Verb) -> [Verb.Option] { verb.options + Verb.common }

  private func option(
    _ word: String, of verb: Verb, _ rest: inout ArraySlice<String>
  ) throws -> (name: String, value: String) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let found = options(of: verb).first { option in
      name == "--\(option.name)" || option.short.map { name == "-\($0)" } == true
    }
    guard let option = found else {
      let near = NearestMatch.of(
        String(name.drop { $0 == "-" }), among: options(of: verb).map(\.name))
      throw Failure.usage(
        "`\(verb.name)` has no option \(name)",
        hint: near.map { "did you mean --\($0)?" } ?? "see `millrace \(verb.name) --help`")
    }
    if option.value == nil {
      guard parts.count == 1 else { throw Failure.usage("--\(option.name) takes no value") }
      return (option.name, "")
    }
    let value = parts.count == 2 ? String(parts[1]) : rest.popFirst()
    // An empty value is a variable of a script that was not set.
    guard let value, !value.isEmpty else {
      throw Failure.usage("--\(option.name) needs \(option.value ?? "a value")")
    }
    return (option.name, value)
  }
}
