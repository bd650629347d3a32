internal import Domain
internal import Ports

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

  /// How long a server that cannot be reached is tried again.
  private static let patience: Duration = .seconds(10)
  /// Between two draws of a tree in which nothing happens.
  private static let tickEvery: Duration = .seconds(1)
  /// The server lets go of a waiting request after this at the latest.
  private static let waitMax: Duration = .seconds(20)

  /// Waits for the end without showing anything.
  func wait(_ id: String) async throws -> Value {
    let until = try RunWatch.length(call).map { client.time.uptime() + $0 }
    while true {
      let left = until.map { $0 - client.time.uptime() } ?? RunWatch.waitMax
      let milliseconds = max(min(left, RunWatch.waitMax).wholeMilliseconds, 0)
      let run = try await client.get("/v1/runs/\(id)", query: [("wait", "\(milliseconds)ms")])
      if RunWatch.exitCode(run) != .stillRunning || left <= .zero { return run }
    }
  }

  /// What `--timeout` says. Asked before anything is started.
  static func length(_ call: Call) throws -> Duration? {
    guard let text = call.value("timeout") else { return nil }
    guard let length = DurationText.duration(text) else {
      throw Failure.usage("--timeout takes a length such as 30s, 5m or 2h, not '\(text)'")
    }
    return length
  }

  /// Follows until the end or until the time is over; the run goes on without us.
  func follow(_ id: String) async throws -> ExitCode {
    let until = try RunWatch.length(call).map { client.time.uptime() + $0 }
    let view = WatchView(
      isLive: call.environment.isErrorTerminal && !call.has("quiet")
        && call.environment["TERM"] != "dumb",
      isQuiet: call.has("quiet"), style: style)
    Detaching.announce(id, isQuiet: call.has("quiet"))
    let ended = try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await followToEnd(id, view) }
      group.addTask { [time = client.time] in
        while true {
          let next = time.uptime() + RunWatch.tickEvery
          try await time.sleep(until: until.map { min($0, next) } ?? next)
          if let until, time.uptime() >= until { return nil }
          view.tick(now: time.now())
        }
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
    let run = ended ?? view.run
    view.finish(run, now: client.time.now())
    if ended == nil, !call.has("quiet") {
      Terminal.note("stopped following; the run goes on: `millrace run watch \(id)`")
    }
    try print(run)
    return ended.map(RunWatch.exitCode) ?? .stillRunning
  }

  /// Connects again when the connection breaks, with the token that the server then has.
  private func followToEnd(_ id: String, _ view: WatchView) async throws -> Value {
    var client = client
    var brokenAt: Uptime?
    while true {
      do {
        if let run = try await stream(id, client, view, { brokenAt = nil }) { return run }
      } catch let failure as Failure where isPassing(failure, whileBroken: brokenAt != nil) {
        let now = client.time.uptime()
        guard now - (brokenAt ?? now) < RunWatch.patience else { throw lost(failure, id) }
        if brokenAt == nil {
          view.note("\(failure.what); trying again …", now: client.time.now())
        }
        brokenAt = brokenAt ?? now
      }
      try await client.time.sleep(for: .milliseconds(250))
      client = await client.renewed(call)
    }
  }

  /// A server that comes back has another token before the file says so.
  private func isPassing(_ failure: Failure, whileBroken isBroken: Bool) -> Bool {
    failure.code == .unreachable || isBroken && failure.code == .notAllowed
  }

  private func lost(_ failure: Failure, _ id: String) -> Failure {
    var final = failure
    final.hint = "the run is as the server left it; when it is back: `millrace run watch \(id)`"
    return final
  }

  private func print(_ run: Value) throws {
    let form = try OutputForm(call)
    guard form != .table else { return }
    form.print(run, name: RunText.id) { "" }
  }

  /// One connection; the run when it has ended, nil when the server has ended the connection.
  private func stream(
    _ id: String, _ client: Client, _ view: WatchView, _ connected: () -> Void
  ) async throws -> Value? {
    var reader = try await client.events("/v1/runs/\(id)/events")
    connected()
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
    }
  }
}

/// Interrupting a watch leaves the run alone, and says so.
enum Detaching {
  static func announce(_ id: String, isQuiet: Bool) {
    guard !isQuiet else { return }
    Interrupts.onInterrupt(say: "\ndetached; the run goes on: `millrace run watch \(id)`\n")
  }
}
