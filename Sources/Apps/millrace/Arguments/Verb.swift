/// One verb of the command line: its words, its options, what it does.
struct Verb: Sendable {
  /// `["run", "start"]`.
  let words: [String]
  let summary: String
  /// What follows the words, for help: `FILE…`.
  let operands: String
  let operandCount: ClosedRange<Int>
  let options: [Option]
  let examples: [String]
  let run: @Sendable (Call) async throws -> ExitCode

  struct Option: Sendable {
    let name: String
    /// One letter, or none.
    let short: String?
    /// The name of its value for help; nil for a switch.
    let value: String?
    let summary: String
    let isRepeatable: Bool

    init(
      _ name: String, short: String? = nil, value: String? = nil, isRepeatable: Bool = false,
      _ summary: String
    ) {
      self.name = name
      self.short = short
      self.value = value
      self.isRepeatable = isRepeatable
      self.summary = summary
    }
  }

  init(
    _ words: String, _ summary: String, operands: String = "", count: ClosedRange<Int> = 0...0,
    options: [Option] = [], examples: [String] = [],
    run: @escaping @Sendable (Call) async throws -> ExitCode
  ) {
    self.words = words.split(separator: " ").map(String.init)
    self.summary = summary
    self.operands = operands
    operandCount = count
    self.options = options
    self.examples = examples
    self.run = run
  }

  var name: String { words.joined(separator: " ") }

  /// Options that every verb takes.
  static let common: [Option] = [
    Option("output", short: "o", value: "FORM", "table, json, jsonl, yaml or name"),
    Option("namespace", short: "n", value: "NAME", "the namespace (default: default)"),
    Option("url", value: "URL", "the server (MILLRACE_URL; default: what `dev` wrote)"),
    Option("token-file", value: "FILE", "the token (MILLRACE_TOKEN; default: what `dev` wrote)"),
    Option("no-color", "no colours (NO_COLOR)"),
    Option("quiet", short: "q", "no progress and no hints"),
    Option("help", short: "h", "this text"),
  ]

  /// Options that talk to a server page by page.
  static let paging: [Option] = [
    Option("limit", value: "N", "at most so many (default: 50)"),
    Option("cursor", value: "CURSOR", "go on behind an earlier page"),
  ]

  var help: String {
    var lines = [
      "\(summary).", "", "  millrace \(name)\(operands.isEmpty ? "" : " \(operands)") [options]",
      "",
    ]
    let all = options + Verb.common
    let heads = all.map { option in
      (option.short.map { "-\($0), " } ?? "    ") + "--\(option.name)"
        + (option.value.map { " \($0)" } ?? "")
    }
    let width = heads.map(\.count).max() ?? 0
    for (option, head) in zip(all, heads) {
      lines.append(
        "  " + head + String(repeating: " ", count: width - head.count + 2) + option.summary)
    }
    if !examples.isEmpty { lines += ["", "Examples:"] + examples.map { "  \($0)" } }
    return lines.joined(separator: "\n")
  }
}

/// A verb as it was called.
struct Call: Sendable {
  let verb: Verb
  let operands: [String]
  private let values: [(name: String, value: String)]
  let environment: ProcessEnvironment

  init(
    _ verb: Verb, operands: [String], values: [(name: String, value: String)],
    environment: ProcessEnvironment
  ) {
    self.verb = verb
    self.operands = operands
    self.values = values
    self.environment = environment
  }

  /// The same call with options that were said elsewhere.
  func adding(_ more: [(name: String, value: String)]) -> Call {
    Call(verb, operands: operands, values: values + more, environment: environment)
  }

  func has(_ name: String) -> Bool { values.contains { $0.name == name } }
  func value(_ name: String) -> String? { values.last { $0.name == name }?.value }
  func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

  /// The operand at a place; the parser has checked that it is there.
  func operand(_ place: Int) -> String { place < operands.count ? operands[place] : "" }

  func number(_ name: String, default fallback: Int, in bounds: ClosedRange<Int>) throws -> Int {
    guard let text = value(name) else { return fallback }
    guard let number = Int(text), bounds.contains(number) else {
      throw Failure.usage(
        "--\(name) takes a whole number from \(bounds.lowerBound) to \(bounds.upperBound), "
          + "not '\(text)'"
      )
    }
    return number
  }

  /// What `--limit` says, for a list of the server.
  func limit() throws -> String? {
    try value("limit").map { _ in "\(try number("limit", default: 50, in: 1...200))" }
  }

  /// `key=value` pairs of a repeatable option.
  func pairs(_ name: String) throws -> [(String, String)] {
    try all(name).map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw Failure.usage("--\(name) takes KEY=VALUE, not '\(text)'")
      }
      return (String(parts[0]), String(parts[1]))
    }
  }
}

/// The variables of the process that verbs look at, read once.
struct ProcessEnvironment: Sendable {
  var variables: [String: String]
  var isOutputTerminal: Bool
  var isErrorTerminal: Bool

  subscript(name: String) -> String? {
    variables[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}
