internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Routes that change what happens to a run: each leaves a command for the scheduler and answers at
/// once.
extension RunRoutes {
  static let reasonBytesMax = 1_000

  var commands: [Route] {
    [
      command("cancel", .cancel, .runStop),
      command("kill", .kill, .runStop),
      command("pause", .pause, .runChange),
      command("resume", .resume, .runChange),
      Route(
        "POST", "/v1/runs/{run}/tasks/{task}/skip", .allowed(.runChange, in: .content), skipTask),
      Route(
        "POST", "/v1/runs/{run}/tasks/{task}/state", .allowed(.runChange, in: .content), setState),
    ]
  }

  private func command(
    _ verb: String, _ kind: RunCommand.Kind, _ permission: Permission
  ) -> Route {
    Route("POST", "/v1/runs/{run}/\(verb)", .allowed(permission, in: .content)) {
      request throws(Problem) in
      let reason = try await self.reason(request)
      let row = try await run(request)
      let document = try await desk.document(row)
      try RunRoutes.check(kind, document, row.run)
      try await desk.send(
        desk.newCommand(kind, reason: reason, by: request.principal.name), to: row)
      return .json(document, status: 202, fields: [HTTPField("Location", "/v1/runs/\(row.run)")])
    }
  }

  /// A reason is optional, and so is the body; one that is there is never passed over.
  private func reason(_ request: RouteRequest) async throws(Problem) -> String {
    let bytes = try await request.body(upTo: ports.configuration.requestBytesMax)
    guard !bytes.isEmpty || request.contentType != nil else { return "" }
    try request.requireContent(["application/json"])
    return try RouteRequest.read(bytes) { body in
      .some(body.string("reason", .optional, bytesMax: RunRoutes.reasonBytesMax) ?? "")
    }
  }

  /// Whether the command can have an effect on the run as it stands.
  private static func check(
    _ kind: RunCommand.Kind, _ document: Value, _ run: String
  ) throws(Problem) {
    let isQuarantined = document["state"] == .string("quarantined")
    if RunDocument.isFinal(document), !(isQuarantined && kind == .kill) {
      throw Problem(
        409, "run-ended",
        isQuarantined
          ? "run \(run) is quarantined; kill ends it"
          : "run \(run) has ended; there is nothing to \(kind.verb)")
    }
    guard kind == .pause || kind == .resume else { return }
    if document["state"] == .string("cancelling") {
      throw Problem(409, "run-cancelling", "run \(run) is being cancelled")
    }
    if (document["state"] == .string("paused")) == (kind == .pause) {
      throw Problem(
        409, kind == .pause ? "run-paused" : "run-not-paused",
        "run \(run) is \(kind == .pause ? "paused already" : "not paused")")
    }
  }

  // MARK: Tasks

  private func skipTask(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let reason = try await self.reason(request)
    return try await override(request, outcome: "skipped", outputs: [:], reason: reason)
  }

  private func setState(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let order = try RouteRequest.read(bytes) { body -> TaskOrder? in
      let state = body.word("state", as: TaskOrder.State.self)
      let outputs = body.values("outputs", .optional)
      let reason = body.string("reason", .optional, bytesMax: RunRoutes.reasonBytesMax)
      return state.map { TaskOrder(state: $0, outputs: outputs ?? [:], reason: reason ?? "") }
    }
    return try await override(
      request, outcome: order.state.rawValue, outputs: order.outputs, reason: order.reason)
  }

  private func override(
    _ request: RouteRequest, outcome: String, outputs: SortedMap<String, Value>, reason: String
  ) async throws(Problem) -> HTTPResponse {
    let row = try await run(request)
    let text = request.segment("task")
    guard let key = TaskKey(text: text), let view = try await desk.task(text, of: row.run) else {
      throw Problem.notFound("task \(text.prefix(80)) of run \(row.run)")
    }
    if let why = TaskOrder.obstacle(view) { throw Problem(409, why.code, why.message) }
    let definition = try await desk.definition(of: row)
    if let why = TaskOrder.fault(in: outputs, outcome, of: key, in: definition) {
      throw Problem(422, "invalid-outputs", why)
    }
    var command = desk.newCommand(.override, reason: reason, by: request.principal.name)
    command.task = key.description
    command.outcome = outcome
    command.outputs = outputs.mapValues { ValueMessage($0) }
    try await desk.send(command, to: row)
    return .json(
      RunDocument.of(view), status: 202, fields: [HTTPField("Location", "/v1/runs/\(row.run)")])
  }
}

/// How a person wants a task to end.
struct TaskOrder {
  enum State: String, CaseIterable {
    case succeeded, failed, skipped
  }

  var state: State
  var outputs: SortedMap<String, Value>
  var reason: String

  /// Why the task cannot be ended by hand as it stands; the scheduler has the last word.
  static func obstacle(_ task: TaskView) -> (code: String, message: String)? {
    if TaskOutcome(rawValue: task.state) != nil {
      return (
        "task-ended",
        "task \(task.task) has ended as \(task.state), which is final; rerun the run, with the "
          + "task skipped if its dependants shall go on without it"
      )
    }
    if task.itemCount != nil, task.state == "running" {
      return (
        "task-unfolds", "the instances of \(task.task) are under way; end them one by one"
      )
    }
    return nil
  }

  /// What is wrong with the outputs: a success has exactly the declared ones.
  static func fault(
    in outputs: SortedMap<String, Value>, _ outcome: String, of key: TaskKey,
    in definition: WorkflowDefinition
  ) -> String? {
    guard let task = (definition.tasks + definition.finally).first(where: { $0.name == key.name })
    else { return "the workflow has no task \(key.name)" }
    guard outcome == State.succeeded.rawValue else {
      return outputs.isEmpty ? nil : "only a task that succeeds has outputs"
    }
    if task.forEach != nil, key.index == nil, !task.outputs.isEmpty {
      return "\(key.name) gets its outputs from its instances; end them one by one"
    }
    for (name, value) in outputs {
      guard let type = task.outputs[name] else { return "\(key.name) declares no output '\(name)'" }
      if !type.accepts(value) { return "output '\(name)' must be \(type)" }
    }
    let missing = task.outputs.keys.filter { outputs[$0] == nil }
    return missing.isEmpty ? nil : "outputs are missing: \(missing.joined(separator: ", "))"
  }
}

extension RunCommand.Kind {
  fileprivate var verb: String {
    switch self {
    case .cancel: "cancel"
    case .kill: "kill"
    case .pause: "pause"
    case .resume: "resume"
    case .override, .grantPermit, .refusePermit, .supersede, .unspecified, .unrecognized: "change"
    }
  }
}
