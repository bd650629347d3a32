internal import Domain
internal import Ports

/// `run rerun`: a part of a run again, as a run of its own.
enum RerunVerb {
  static let rerun = Verb(
    "run rerun", "Run again what failed of a run, or another part of it", operands: "RUN",
    count: 1...1,
    options: [
      .init("failed", "what did not succeed and all that depends on it (default)"),
      .init("all", "everything"),
      .init("from", value: "TASK", isRepeatable: true, "this task and all that depends on it"),
      .init("only", value: "TASK", isRepeatable: true, "this task and nothing else"),
      .init("skip", value: "TASK", isRepeatable: true, "go on without this task"),
      .init("latest", "take the newest version of the workflow (default: the run's own)"),
      .init("reason", value: "TEXT", "why, for everyone who looks later"),
      .init("idempotency-key", value: "KEY", "the same key starts one run only"),
      .init("watch", short: "w", "follow the new run; the exit code is its outcome"),
      .init("timeout", value: "LENGTH", "with --watch: stop following after this"),
    ],
    examples: ["millrace run rerun @last --watch", "millrace run rerun @last --from deploy"]
  ) { call in
    let body = try body(call)
    if try RunWatch.length(call) != nil, !call.has("watch") {
      throw Failure.usage("--timeout goes with --watch")
    }
    return try await withClient(call) { client in
      let form = try OutputForm(call)
      let id = try await RunVerbs.runID(call.operand(0), client, call)
      let fields = call.value("idempotency-key").map { [HTTPField("Idempotency-Key", $0)] } ?? []
      let run = try await client.post("/v1/runs/\(id)/rerun", body, fields: fields)
      let started = RunText.id(run)
      if call.has("watch") {
        if !call.has("quiet") { Terminal.note("started \(started)") }
        return try await RunWatch(call, client).follow(started)
      }
      form.print(run, name: RunText.id) { started }
      if form == .table, !call.has("quiet") {
        Terminal.note("follow it with `millrace run watch \(started)`")
      }
      return .ok
    }
  }

  private static func body(_ call: Call) throws -> Value {
    let from = call.all("from")
    let only = call.all("only")
    let modes = [
      ("failed", call.has("failed")), ("all", call.has("all")), ("from", !from.isEmpty),
      ("only", !only.isEmpty),
    ].filter(\.1).map(\.0)
    guard modes.count <= 1 else {
      throw Failure.usage("--\(modes[0]) and --\(modes[1]) exclude each other")
    }
    var body: [(String, Value)] = [("mode", .string(modes.first ?? "failed"))]
    let tasks = from + only
    if !tasks.isEmpty { body.append(("tasks", .array(tasks.map(Value.string)))) }
    let skipped = call.all("skip")
    if !skipped.isEmpty { body.append(("skip", .array(skipped.map(Value.string)))) }
    if call.has("latest") { body.append(("latest", .boolean(true))) }
    if let reason = call.value("reason") { body.append(("reason", .string(reason))) }
    return .object(SortedMap(body))
  }
}
