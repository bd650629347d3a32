internal import Domain
internal import Ports
internal import Synchronization

/// Follows a run: a tree that is redrawn on a terminal, a line for each change when piped.
struct RunWatch: Sendable {
  let call: Call
  let client: Client
  private let style: Style

  init(_ call: Call, _ client: Client) {
    self.call = call
    self.client = client
    style = Style(call, isTerminal: call.environment.isErrorTerminal)
  }

  static func exitCode(_ run: Value) -> ExitCode {
    switch run["state"]?.string {
    case "succeeded": .ok
    case "failed", "quarantined": .failed
    case "cancelled": .cancelled
    case "timedOut": .timedOut
    default: .stillRunning
    }
  }

  /// Waits for the end without showing anything.
  func wait(_ id: String) async throws -> Value {
    let until = try deadline()
    while true {
      let run = try await client.get("/v1/runs/\(id)", query: [("wait", "20s")])
      if RunWatch.exitCode(run) != .stillRunning { return run }
      if let until, client.time.uptime() >= until { return run }
    }
  }

  private func deadline() throws -> Uptime? {
    guard let text = call.value("timeout") else { return nil }
    guard let length = DurationText.duration(text) else {
      throw Failure.usage("--timeout takes a length such as 30s, 5m or 2h, not '\(text)'")
    }
    return client.time.uptime() + length
  }

  /// Follows until the end, connecting again when the connection breaks.
  func follow(_ id: String) async throws -> ExitCode {
    let until = try deadline()
    let view = WatchView(
      isLive: call.environment.isErrorTerminal && !call.has("quiet")
        && call.environment["TERM"] != "dumb",
      isQuiet: call.has("quiet"), style: style)
    Detaching.announce(id, isQuiet: call.has("quiet"))
    var failures = 0
    while true {
      do {
        if let run = try await stream(id, view, until: until) {
          let code = RunWatch.exitCode(run)
          view.finish(run, now: client.time.now())
          try print(run)
          return code
        }
        failures = 0
      } catch let failure as Failure where failure.code == .unreachable && failures < 20 {
        failures += 1
        try await client.time.sleep(for: .milliseconds(250 * min(failures, 8)))
      }
    }
  }

  private func print(_ run: Value) throws {
    let form = try OutputForm(call)
    guard form != .table else { return }
    form.print(run, name: RunText.id) { "" }
  }

  /// One connection; the run when it has ended or the time is over, nil when the connection broke.
  private func stream(_ id: String, _ view: WatchView, until: Uptime?) async throws -> Value? {
    let answer = try await client.send(
      "GET", "/v1/runs/\(id)/events", fields: [HTTPField("Accept", "text/event-stream")])
    var reader = EventReader(answer.body)
    var run: Value = .null
    while true {
      let event: ServerEvent?
      do throws(HTTPError) {
        event = try await reader.next()
      } catch {
        throw client.unreachable(error)
      }
      guard let event else { return nil }
      let now = client.time.now()
      switch event.name {
      case "run":
        run = (try? Value(json: event.text, limits: .answers)) ?? run
        view.show(run: run, now: now)
      case "task":
        if let task = try? Value(json: event.text, limits: .answers) {
          view.show(task: task, now: now)
        }
      case "end":
        return run
      default:
        break
      }
      if let until, client.time.uptime() >= until { return run }
    }
  }
}

/// Interrupting a watch leaves the run alone, and says so.
enum Detaching {
  static func announce(_ id: String, isQuiet: Bool) {
    guard !isQuiet else { return }
    Interrupts.onInterrupt {
      Terminal.note("\ndetached; the run goes on: `millrace run watch \(id)`")
    }
  }
}

/// What is on the screen.
final class WatchView: Sendable {
  private struct State {
    var run: Value = .null
    var tasks: SortedMap<String, Value> = [:]
    var linesDrawn = 0
  }

  private let isLive: Bool
  private let isQuiet: Bool
  private let style: Style
  private let state = Mutex(State())

  /// Tasks shown one by one on a terminal; with more only those that move are.
  private static let rowsMax = 24

  init(isLive: Bool, isQuiet: Bool, style: Style) {
    self.isLive = isLive
    self.isQuiet = isQuiet
    self.style = style
  }

  func show(run: Value, now: Moment) {
    state.withLock { state in
      let before = state.run["state"]
      state.run = run
      if isLive {
        draw(&state, now: now)
      } else if before != run["state"], RunWatch.exitCode(run) == .stillRunning {
        line("run \(run["state"]?.string ?? "")", RunText.why(run))
      }
    }
  }

  func show(task: Value, now: Moment) {
    state.withLock { state in
      let name = task["task"]?.string ?? ""
      let before = state.tasks[name]?["state"]
      state.tasks[name] = task
      guard !isLive, before != task["state"], task["state"] != .string("waiting") else { return }
      let last = task["attempts"]?.items.last
      let took =
        last?["endedAt"] == nil
        ? "" : " after \(Times.took(last?["startedAt"], last?["endedAt"], now: now))"
      line("\(name) \(task["state"]?.string ?? "")\(took)", RunText.why(task))
    }
  }

  func finish(_ run: Value, now: Moment) {
    state.withLock { state in
      state.run = run
      if isLive { draw(&state, now: now) }
      guard !isQuiet else { return }
      let took = Times.took(run["startedAt"], run["endedAt"], now: now)
      Terminal.note(
        style.state(run["state"]?.string ?? "")
          + "  \(RunText.id(run))  \(RunText.progress(run)) tasks"
          + "  in \(took)" + (RunText.why(run).isEmpty ? "" : "  \(RunText.why(run))"))
    }
  }

  private func line(_ text: String, _ why: String) {
    guard !isQuiet else { return }
    Terminal.note(text + (why.isEmpty ? "" : ": \(why)"))
  }

  /// Draws over what was drawn before.
  private func draw(_ state: inout State, now: Moment) {
    let rows = shown(state.tasks)
    var table = Table(["TASK", "STATE", "TRY", "WAITED", "TOOK", "WHY"])
    for task in rows { table.add(RunText.row(task, style, now: now)) }
    let width = Terminal.width
    var lines = table.text.split(separator: "\n").map { cut(String($0), to: width) }
    let hidden = state.tasks.count - rows.count
    if hidden > 0 {
      lines.append(style.faint("… and \(hidden) more, \(RunText.progress(state.run)) ended"))
    }
    var text = state.linesDrawn > 0 ? "\u{1b}[\(state.linesDrawn)A\r\u{1b}[J" : ""
    text += lines.joined(separator: "\n") + "\n"
    state.linesDrawn = lines.count
    Terminal.write(Array(text.utf8), to: 2)
  }

  /// Those that move come first when there are too many.
  private func shown(_ tasks: SortedMap<String, Value>) -> [Value] {
    guard tasks.count > WatchView.rowsMax else { return tasks.values }
    func rank(_ task: Value) -> Int {
      switch task["state"]?.string {
      case "running", "dispatched", "backoff": 0
      case "failed", "timedOut", "lost": 1
      case "ready": 2
      case "waiting": 3
      default: 4
      }
    }
    let sorted = tasks.values.enumerated().sorted { one, other in
      (rank(one.element), one.offset) < (rank(other.element), other.offset)
    }
    return sorted.prefix(WatchView.rowsMax).map(\.element)
  }

  private func cut(_ text: String, to width: Int) -> String {
    guard !style.hasColor else { return text }
    return text.count > width ? String(text.prefix(width - 1)) + "…" : text
  }
}
