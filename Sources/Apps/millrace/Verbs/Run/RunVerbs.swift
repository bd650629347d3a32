internal import Domain
internal import Ports

/// Verbs about runs.
enum RunVerbs {
  static let all: [Verb] = [
    start, list, get, watch, logs, cancel, kill, pause, resume, RerunVerb.rerun, explain,
  ]

  static let start = Verb(
    "run start", "Start a run of a workflow, or of a file that is applied first",
    operands: "WORKFLOW|FILE", count: 1...1,
    options: [
      .init("input", short: "i", value: "NAME=VALUE", isRepeatable: true, "an input of the run"),
      .init("label", short: "l", value: "KEY=VALUE", isRepeatable: true, "a label of the run"),
      .init("version", value: "VERSION", "the version to run (default: the newest)"),
      .init("priority", value: "WORD", "low, normal, high or urgent (default: the workflow's)"),
      .init("idempotency-key", value: "KEY", "the same key starts one run only"),
      .init("watch", short: "w", "follow the run; the exit code is its outcome"),
      .init("wait", "wait for its end without showing it; the exit code is its outcome"),
      .init("timeout", value: "LENGTH", "with --watch and --wait: stop following after this"),
    ],
    examples: [
      "millrace run start hello --watch", "millrace run start ci.yaml -i ref=4f2a91c --watch",
    ]
  ) { call in
    try await withClient(call) { client in try await RunStart(call, client).run() }
  }

  static let list = Verb(
    "run list", "List runs, the newest first",
    options: [
      .init("workflow", value: "NAME", "runs of this workflow"),
      .init("state", value: "STATE", "queued, running, paused, succeeded, failed, …"),
      .init("label", short: "l", value: "KEY=VALUE", isRepeatable: true, "runs with this label"),
      .init("since", value: "INSTANT", "created at or after"),
      .init("before", value: "INSTANT", "created before"),
      .init("filter", short: "f", value: "TEXT", "search history, such as 'took > 10m'"),
    ] + Verb.paging,
    examples: [
      "millrace run list --state failed --since 2026-11-25T00:00:00Z",
      "millrace run list -f 'state = failed AND label.team = pay AND started > -24h'",
    ]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      // History knows every run from its start on, and filters; the scheduler knows them sooner.
      let page = try await client.get(
        call.has("filter") ? "/v1/jobs" : "/v1/runs",
        query: [
          ("namespace", call.value("namespace")), ("workflow", call.value("workflow")),
          ("state", call.value("state")), ("since", call.value("since")),
          ("before", call.value("before")), ("filter", call.value("filter")),
          ("limit", try call.limit()), ("cursor", call.value("cursor")),
        ] + (try call.pairs("label")).map { ("label.\($0.0)", $0.1) })
      let runs = page["items"]?.items ?? []
      form.print(runs, name: RunText.id) {
        RunText.table(
          runs, Style(call, isTerminal: call.environment.isOutputTerminal), now: client.time.now())
      }
      hintAtMore(page, call)
      return .ok
    }
  }

  static let get = Verb(
    "run get", "Show a run and its tasks", operands: "RUN", count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let id = try await runID(call.operand(0), client, call)
      let run = try await client.get("/v1/runs/\(id)")
      let tasks = try await allTasks(of: id, client)
      var members: [(String, Value)] = []
      if case .object(let known) = run { members = known.map { ($0.key, $0.value) } }
      members.append(("taskList", .array(tasks)))
      let style = Style(call, isTerminal: call.environment.isOutputTerminal)
      form.print(.object(SortedMap(members)), name: RunText.id) {
        RunText.details(run, tasks, style, now: client.time.now())
      }
      return .ok
    }
  }

  static let watch = Verb(
    "run watch", "Follow a run until its end; the exit code is its outcome",
    operands: "RUN", count: 1...1,
    options: [.init("timeout", value: "LENGTH", "stop following after this")]
  ) { call in
    _ = try RunWatch.length(call)
    return try await withClient(call) { client in
      let id = try await runID(call.operand(0), client, call)
      return try await RunWatch(call, client).follow(id)
    }
  }

  static let logs = Verb(
    "run logs", "Print the lines of all tasks of a run", operands: "RUN", count: 1...1,
    options: [.init("follow", short: "f", "go on until the run has ended")]
  ) { call in
    try await withClient(call) { client in
      let id = try await runID(call.operand(0), client, call)
      try await LogPrinter(call, client).print(
        "/v1/runs/\(id)/logs", isFollowing: call.has("follow"), hasPrefix: true)
      return .ok
    }
  }

  static let pause = change("pause", "Pause a run: what runs goes on, nothing new starts")
  static let resume = change("resume", "Let a paused run go on")
  static let cancel = change("cancel", "Cancel a run: tasks are asked to stop, finally tasks run")
  static let kill = change("kill", "Kill a run: tasks are ended at once, finally tasks do not run")

  private static func change(_ word: String, _ summary: String) -> Verb {
    Verb(
      "run \(word)", summary, operands: "RUN", count: 1...1,
      options: [.init("reason", value: "TEXT", "why, for everyone who looks later")]
    ) { call in
      try await withClient(call) { client in
        let form = try OutputForm(call)
        let id = try await runID(call.operand(0), client, call)
        let body = call.value("reason").map { Value.object(["reason": .string($0)]) }
        let run = try await client.post("/v1/runs/\(id)/\(word)", body ?? .object([:]))
        form.print(run, name: RunText.id) { "\(id): asked to \(word)" }
        if !call.has("quiet") { Terminal.note("follow it with `millrace run watch \(id)`") }
        return .ok
      }
    }
  }

  static let explain = Verb(
    "run explain", "Say why a run and each of its tasks is as it is", operands: "RUN",
    count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let id = try await runID(call.operand(0), client, call)
      let answer = try await client.get("/v1/runs/\(id)/explain")
      let style = Style(call, isTerminal: call.environment.isOutputTerminal)
      form.print(answer, name: { _ in id }) {
        RunText.explanation(answer, style, now: client.time.now())
      }
      return .ok
    }
  }

  // MARK: Shared

  /// A run by its id, or `@last`: the newest one.
  static func runID(_ text: String, _ client: Client, _ call: Call) async throws -> String {
    guard text == "@last" else {
      guard RunID(text: text) != nil else {
        throw Failure(
          .notFound, "'\(text)' is no run id",
          hint: "ids begin with run_; `millrace run list` shows them, @last is the newest")
      }
      return text
    }
    let page = try await client.get(
      "/v1/runs", query: [("limit", "1"), ("namespace", call.value("namespace"))])
    guard let id = page["items"]?.items.first?["id"]?.string else {
      throw Failure(.notFound, "there is no run yet", hint: "start one: `millrace run start hello`")
    }
    return id
  }

  static func allTasks(of run: String, _ client: Client) async throws -> [Value] {
    var tasks: [Value] = []
    var cursor: String?
    repeat {
      let page = try await client.get(
        "/v1/runs/\(run)/tasks", query: [("limit", "200"), ("cursor", cursor)])
      tasks += page["items"]?.items ?? []
      cursor = page["nextCursor"]?.string
    } while cursor != nil
    return tasks
  }
}

/// Runs a verb that talks to the server.
func withClient(
  _ call: Call, _ body: @escaping @Sendable (Client) async throws -> ExitCode
) async throws -> ExitCode {
  let runtime = try Runtime(call.environment)
  let client = try Client(call, on: runtime)
  return try await runtime.run { try await body(try await client.signedIn(call)) }
}

/// Says how to get the next page.
func hintAtMore(_ page: Value, _ call: Call) {
  guard let cursor = page["nextCursor"]?.string, !call.has("quiet") else { return }
  Terminal.note("there are more: --cursor \(cursor)")
}
