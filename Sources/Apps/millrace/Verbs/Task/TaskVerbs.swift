internal import Domain
internal import Ports

/// Verbs about single tasks.
enum TaskVerbs {
  static let all: [Verb] = [logs]

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
