internal import Domain

/// The options of a server's verb, as its command line, the variables of the process and a file of
/// variables say them, in this order.
///
/// `--database-connections` is `MILLRACE_DATABASE_CONNECTIONS`; what holds a password may stand in
/// a file of its own, which the variable with `_FILE` behind it names.
struct Settings {
  enum Source: Hashable {
    case commandLine
    case variable(String)
    case file(String, line: Int)
  }

  /// What was said of an option.
  struct Said: Hashable {
    let values: [String]
    let source: Source
  }

  static let file = Verb.Option(
    "config", value: "FILE",
    "settings by their variables, NAME=VALUE in each line (MILLRACE_CONFIG)")
  static let explain = Verb.Option(
    "explain", "print every setting and where it comes from, and stop")
  static let check = Verb.Option("check", "say whether the settings are of use, and stop")

  /// Options that no variable sets: they say what is to be done this time.
  private static let unset = [
    "config", "explain", "check", "plan", "repair", "delete-objects", "forget-lost",
  ]
  /// Where the variable is not called as the option.
  private static let names = [
    "peer": "PEERS", "pool": "POOLS", "service-key": "SERVICE_KEY_FILE",
    "master-key": "MASTER_KEY_FILE", "first-admin-token": "FIRST_ADMIN_TOKEN_FILE",
    "tls-certificate": "TLS_CERTIFICATE_FILE", "tls-key": "TLS_KEY_FILE",
    "tls-authority": "TLS_AUTHORITY_FILE", "tls-peer": "TLS_PEERS",
  ]
  /// Variables that all programs read alike; ours come before them.
  private static let common = ["otlp": "OTEL_EXPORTER_OTLP_ENDPOINT"]
  /// What may hold passwords.
  private static let secrets = ["database", "mongodb", "s3", "mail"]
  private static let secretBytesMax = 65_536

  /// The call with every option that was said anywhere.
  let call: Call
  private let said: [String: Said]

  init(_ call: Call) throws {
    let path = call.value("config") ?? call.environment["MILLRACE_CONFIG"]
    let lines = try path.map { try Settings.read($0, for: call.verb) } ?? [:]
    var said: [String: Said] = [:]
    var added: [(name: String, value: String)] = []
    for option in Settings.options(of: call.verb) {
      if call.has(option.name) {
        said[option.name] = Said(values: call.all(option.name), source: .commandLine)
        continue
      }
      guard let found = try Settings.find(option, call.environment, lines) else { continue }
      said[option.name] = found
      if option.value == nil {
        if try Settings.isOn(found) { added.append((option.name, "")) }
      } else {
        added += found.values.map { (option.name, $0) }
      }
    }
    self.said = said
    self.call = call.adding(added)
  }

  // MARK: Names

  private static func options(of verb: Verb) -> [Verb.Option] {
    verb.options.filter { !unset.contains($0.name) }
  }

  static func variable(of option: Verb.Option) -> String {
    "MILLRACE_"
      + (names[option.name]
        ?? option.name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined())
  }

  // MARK: Finding

  /// What the process's variables say comes before what the file says, whichever of the two forms
  /// it has; both forms at once contradict each other.
  private static func find(
    _ option: Verb.Option, _ environment: ProcessEnvironment,
    _ lines: [String: (value: String, source: Source)]
  ) throws -> Said? {
    let name = variable(of: option)
    let forms = secrets.contains(option.name) ? [name, name + "_FILE"] : [name]
    let places: [(String) -> (value: String, source: Source)?] = [
      { environment[$0].map { value in (value, .variable(name)) } }, { lines[$0] },
      { form in
        guard form == name, let common = common[option.name] else { return nil }
        return environment[common].map { ($0, .variable(common)) }
      },
    ]
    for place in places {
      let found = forms.compactMap { form in place(form).map { (form: form, said: $0) } }
      guard let first = found.first else { continue }
      guard found.count == 1 else {
        throw Failure.usage("\(name) and \(name)_FILE are both set", hint: "keep one of them")
      }
      let value =
        first.form == name ? first.said.value : try secret(in: first.said.value, first.form)
      let isList = option.isRepeatable
      return Said(
        values: isList ? value.split(separator: " ").map(String.init) : [value],
        source: first.said.source)
    }
    return nil
  }

  private static func secret(in path: String, _ variable: String) throws -> String {
    let bytes = try LocalFiles.read(path)
    let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    guard !line.isEmpty, bytes.count <= secretBytesMax else {
      throw Failure(
        .invalid, "\(path), which \(variable) names, holds no setting",
        hint: "write it into the first line")
    }
    return line
  }

  private static func isOn(_ said: Said) throws -> Bool {
    switch said.values.first {
    case "1", "true": return true
    case "0", "false": return false
    case let word:
      throw Failure.usage("a switch takes 1 or 0, not '\(word ?? "")' (\(text(of: said.source)))")
    }
  }

  /// The file's settings by their variables.
  ///
  /// - Throws: at a line that is none, and at a variable that no option has.
  private static func read(
    _ path: String, for verb: Verb
  ) throws -> [String: (value: String, source: Source)] {
    let names = options(of: verb).flatMap { option in
      let name = variable(of: option)
      return secrets.contains(option.name) ? [name, name + "_FILE"] : [name]
    }
    let text = String(decoding: try LocalFiles.read(path), as: UTF8.self)
    var found: [String: (value: String, source: Source)] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let line = line.drop { $0.isWhitespace }
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard parts.count == 2, names.contains(name) else {
        let near = NearestMatch.of(name, among: names)
        throw Failure(
          .usage, "\(path):\(index + 1): '\(name)' is no setting of `\(verb.name)`",
          hint: near.map { "did you mean \($0)?" } ?? "write NAME=VALUE in each line")
      }
      guard found[name] == nil else {
        throw Failure(
          .usage, "\(path):\(index + 1): \(name) is set twice", hint: "keep one of them")
      }
      found[name] = (String(parts[1]), .file(path, line: index + 1))
    }
    return found
  }

  // MARK: Telling

  private static func text(of source: Source) -> String {
    switch source {
    case .commandLine: "command line"
    case .variable(let name): name
    case .file(let path, let line): "\(path):\(line)"
    }
  }

  /// Every setting, what it is and where that was said; passwords are not shown.
  var explanation: String {
    var table = Table(["SETTING", "VALUE", "FROM"])
    for option in Settings.options(of: call.verb) {
      guard let said = said[option.name] else {
        table.add([option.name, "-", "default"])
        continue
      }
      let value = option.value == nil && said.source == .commandLine ? "1" : nil
      let shown =
        Settings.secrets.contains(option.name)
        ? "(not shown)" : value ?? said.values.joined(separator: " ")
      table.add([option.name, shown, Settings.text(of: said.source)])
    }
    return table.text
  }
}
