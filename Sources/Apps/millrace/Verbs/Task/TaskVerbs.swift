internal import Domain
internal import Ports

/// Verbs about single tasks.
enum TaskVerbs {
  static let all: [Verb] = [logs, skip, setState]

  static let logs = Verb(
    "task logs", "Print the lines of a task", operands: "RUN TASK", count: 2...2,
    options: [
      .init("follow", short: "f", "go on until the task has ended"),
      .init("attempt", value: "N", "the lines of this attempt (default: the newest)"),
      .init("timestamps", short: "t", "the time before each line"),
    ],
    examples: ["millrace task logs @last build --follow"]
  ) { call in
    try await withClient(call) { client in
      let run = try await RunVerbs.runID(call.operand(0), client, call)
      let task = Client.encoded(call.operand(1))
      let attempt = try call.value("attempt").map { _ in
        try call.number("attempt", default: 1, in: 1...1_000)
      }
      let path = "/v1/runs/\(run)/tasks/\(task)" + (attempt.map { "/attempts/\($0)" } ?? "")
      if let attempt { try await check(attempt, of: call.operand(1), in: run, client) }
      try await LogPrinter(call, client).print(
        path + "/logs", isFollowing: call.has("follow"), hasPrefix: false)
      return .ok
    }
  }

  static let skip = Verb(
    "task skip", "End a task by hand as not needed: its dependants run all the same",
    operands: "RUN TASK", count: 2...2, options: [reason],
    examples: ["millrace task skip @last lint --reason 'known to be broken'"]
  ) { call in
    let reason = call.value("reason").map { ("reason", Value.string($0)) }
    return try await change(call, "skip") { _, _ in SortedMap([reason].compactMap { $0 }) }
  }

  static let setState = Verb(
    "task set-state", "End a task by hand: succeeded, failed or skipped",
    operands: "RUN TASK STATE", count: 3...3,
    options: [
      .init("set-output", value: "NAME=VALUE", isRepeatable: true, "an output of a success"),
      reason,
    ],
    examples: ["millrace task set-state @last build succeeded --set-output digest=4f2a91c"]
  ) { call in
    let outputs = try call.pairs("set-output")
    return try await change(call, "state") { client, run in
      var body: [(String, Value)] = [("state", .string(call.operand(2)))]
      if !outputs.isEmpty {
        let types = try await outputTypes(of: call.operand(1), in: run, client)
        let values = try outputs.map { name, text in
          (name, try InputText.value(text, of: typed(types?[name]), name: name))
        }
        body.append(("outputs", .object(SortedMap(values))))
      }
      if let why = call.value("reason") { body.append(("reason", .string(why))) }
      return SortedMap(body)
    }
  }

  /// A type that is one word, as the map that says the same.
  private static func typed(_ type: Value?) -> Value? {
    if case .string = type { type.map { .object(["type": $0]) } } else { type }
  }

  /// The declared outputs of a task; of an instance, those of its task.
  private static func outputTypes(
    of task: String, in run: String, _ client: Client
  ) async throws -> Value? {
    let document = try await client.get("/v1/runs/\(run)")
    guard let namespace = document["namespace"]?.string,
      let workflow = document["workflow"]?.string
    else { return nil }
    let known = try await client.get(
      "/v1/workflows/\(namespace)/\(workflow)", query: [("version", document["version"]?.string)])
    let name = String(task.prefix { $0 != "[" })
    let definition = known["definition"]
    return (definition?["tasks"]?[name] ?? definition?["finally"]?[name])?["outputs"]
  }

  private static let reason = Verb.Option(
    "reason", value: "TEXT", "why, for everyone who looks later")

  private static func change(
    _ call: Call, _ route: String,
    _ body: @escaping @Sendable (Client, String) async throws -> SortedMap<String, Value>
  ) async throws -> ExitCode {
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let run = try await RunVerbs.runID(call.operand(0), client, call)
      let task = Client.encoded(call.operand(1))
      let answer = try await client.post(
        "/v1/runs/\(run)/tasks/\(task)/\(route)", .object(try await body(client, run)))
      form.print(answer, name: { $0["task"]?.string ?? "" }) {
        "\(call.operand(1)): asked to end by hand"
      }
      if !call.has("quiet") { Terminal.note("see what became of it: `millrace run get \(run)`") }
      return .ok
    }
  }

  /// Lines of an attempt that was never made would be no lines, which says something else.
  private static func check(
    _ attempt: Int, of task: String, in run: String, _ client: Client
  ) async throws {
    let tasks = try await RunVerbs.allTasks(of: run, client)
    // An unknown task is for the server to name.
    guard let known = tasks.first(where: { $0["task"]?.string == task }) else { return }
    let attempts = known["attempts"]?.items.compactMap { $0["attempt"]?.number } ?? []
    guard !attempts.contains(Int64(attempt)) else { return }
    let numbers = attempts.map { "\($0)" }.joined(separator: ", ")
    throw Failure(
      .notFound, "task \(task) has no attempt \(attempt)",
      hint: attempts.isEmpty ? "it has not started" : "its attempts are \(numbers)")
  }
}

/// Prints lines as they come, connecting again behind the last one when the connection breaks.
struct LogPrinter: Sendable {
  let call: Call
  let client: Client

  init(_ call: Call, _ client: Client) {
    self.call = call
    self.client = client
  }

  func print(_ path: String, isFollowing: Bool, hasPrefix: Bool) async throws {
    var lastID: String?
    var failures = 0
    while true {
      do {
        if try await stream(path, isFollowing, hasPrefix, &lastID) { return }
        failures += 1
      } catch let failure as Failure where failure.code == .unreachable && failures < 10 {
        failures += 1
        try await client.time.sleep(for: .milliseconds(250 * failures))
      }
    }
  }

  /// True when the log is complete.
  private func stream(
    _ path: String, _ isFollowing: Bool, _ hasPrefix: Bool, _ lastID: inout String?
  ) async throws -> Bool {
    var fields: [HTTPField] = []
    // A stream over many tasks has no single place to go on from.
    if let lastID, !hasPrefix { fields.append(HTTPField("Last-Event-ID", lastID)) }
    var reader = try await client.events(
      path, query: [("follow", isFollowing ? "true" : nil)], fields: fields)
    let form = try OutputForm(call)
    while true {
      let event: ServerEvent?
      do throws(HTTPError) {
        event = try await reader.next()
      } catch {
        throw client.unreachable(error)
      }
      guard let event else { return !isFollowing }
      switch event.name {
      case "line":
        lastID = event.id
        show(event.text, form, hasPrefix)
      case "end":
        return true
      default:
        break
      }
    }
  }

  private func show(_ document: String, _ form: OutputForm, _ hasPrefix: Bool) {
    guard form == .table || form == .name else { return Terminal.line(document) }
    guard let line = try? Value(json: document, limits: .answers) else { return }
    var text = Terminal.neutralised(line["text"]?.string ?? "")
    if hasPrefix { text = "\(line["task"]?.string ?? "") | \(text)" }
    if call.has("timestamps") { text = "\(line["at"]?.string ?? "") \(text)" }
    Terminal.line(text)
  }
}
