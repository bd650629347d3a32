internal import Domain
internal import Ports

/// Starts a run, of a workflow by its name or of a file, and follows it if asked to.
struct RunStart: Sendable {
  let call: Call
  let client: Client

  init(_ call: Call, _ client: Client) {
    self.call = call
    self.client = client
  }

  func run() async throws -> ExitCode {
    let form = try OutputForm(call)
    if try RunWatch.length(call) != nil, !call.has("watch"), !call.has("wait") {
      throw Failure.usage("--timeout goes with --watch or --wait")
    }
    let target = try await target()
    let body = try await body(target)
    var fields: [HTTPField] = []
    if let key = call.value("idempotency-key") { fields.append(HTTPField("Idempotency-Key", key)) }
    let run = try await client.post("/v1/runs", body, fields: fields)
    let id = RunText.id(run)
    if call.has("watch") {
      if !call.has("quiet") { Terminal.note("started \(id)") }
      return try await RunWatch(call, client).follow(id)
    }
    if call.has("wait") {
      let ended = try await RunWatch(call, client).wait(id)
      form.print(ended, name: RunText.id) { "\(id) \(ended["state"]?.string ?? "")" }
      return RunWatch.exitCode(ended)
    }
    form.print(run, name: RunText.id) { id }
    if form == .table, !call.has("quiet") {
      Terminal.note("follow it with `millrace run watch \(id)`")
    }
    return .ok
  }

  private struct Target {
    var namespace: String
    var workflow: String
    var version: String?
  }

  /// A file is applied first, and then run in just the version that it is.
  private func target() async throws -> Target {
    let name = call.operand(0)
    let isFile = name.contains(".") || name.contains("/") || name == "-"
    guard isFile else {
      return Target(
        namespace: call.value("namespace") ?? "default", workflow: name,
        version: call.value("version"))
    }
    let applied = try await WorkflowVerbs.apply(name, client, isDryRun: false)
    return Target(
      namespace: applied["namespace"]?.string ?? "default",
      workflow: applied["name"]?.string ?? "", version: applied["version"]?.string)
  }

  /// Inputs are typed by the definition: `-i count=3` is a number where a number is wanted.
  private func body(_ target: Target) async throws -> Value {
    let given = try call.pairs("input")
    var inputs: [(String, Value)] = []
    if !given.isEmpty {
      let path = "/v1/workflows/\(target.namespace)/\(target.workflow)"
      let known = try await client.get(path, query: [("version", target.version)])
      let declared = known["definition"]?["inputs"]
      for (name, text) in given {
        inputs.append((name, try InputText.value(text, of: declared?[name], name: name)))
      }
    }
    let labels = try call.pairs("label").map { ($0.0, Value.string($0.1)) }
    var members: [(String, Value)] = [
      ("workflow", .string(target.workflow)), ("namespace", .string(target.namespace)),
      ("inputs", .object(SortedMap(inputs))), ("labels", .object(SortedMap(labels))),
    ]
    if let priority = call.value("priority") { members.append(("priority", .string(priority))) }
    if let version = target.version { members.append(("version", .string(version))) }
    return .object(SortedMap(members))
  }
}

/// The text of an input as the value that its declaration asks for.
enum InputText {
  static func value(_ text: String, of declared: Value?, name: String) throws -> Value {
    let type = declared?["type"]?.string ?? "string"
    if type == "string" { return .string(text) }
    guard let value = try? Value(json: text) else {
      if type == "any" { return .string(text) }
      throw Failure(
        .invalid, "the input \(name) is '\(text)', which is no \(type)",
        hint: "values other than strings are written as JSON: -i \(name)='[1, 2]'")
    }
    return value
  }
}
