internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import WorkerCore

extension WorkOrder {
  /// Nil for orders that this version does not understand.
  init?(_ message: WorkOrderMessage) {
    guard let attempt = AttemptID(text: message.attempt), let work = Work(message.work),
      let namespace = NamespaceName(message.namespace)
    else { return nil }
    var outputs: [(String, ValueType)] = []
    for (name, type) in message.outputs {
      guard let type = ValueType(type) else { return nil }
      outputs.append((name, type))
    }
    self.init(
      attempt: attempt, work: work, environment: message.environment,
      outputs: SortedMap(outputs))
    self.namespace = namespace
    guard let environment = SortedMap(message.secretEnvironment) else { return nil }
    secretEnvironment = environment
    if case .http(let call) = message.work {
      guard let headers = SortedMap(call.secretHeaders) else { return nil }
      secretHeaders = headers
    }
    for artifact in message.artifacts {
      guard let when = ArtifactRule.Occasion(rawValue: artifact.when),
        PathPattern(artifact.path) != nil
      else { return nil }
      artifacts.append(ArtifactRule(path: artifact.path, name: artifact.name, when: when))
    }
    for file in message.files {
      guard PathPattern(file.to) != nil else { return nil }
      if file.task.isEmpty {
        files.append(FileOrder(.id(file.artifact), to: file.to))
      } else {
        let keeper = RunID(text: file.run)
        guard let task = TaskName(file.task), file.run.isEmpty || keeper != nil else { return nil }
        files.append(FileOrder(.artifact(task, name: file.name, of: keeper), to: file.to))
      }
    }
    if let trace = TraceContext(traceparent: message.trace), trace.isSampled { take(trace) }
  }

  /// Lets what the work causes go on in the trace: programs find it where OpenTelemetry looks for
  /// it, calls carry it. What the author of the task has said is kept.
  private mutating func take(_ trace: TraceContext) {
    self.trace = trace
    let here = trace.execution(of: attempt).traceparent
    let name = "TRACEPARENT"
    if environment[name] == nil, secretEnvironment[name] == nil { environment[name] = here }
    guard case .http(let method, let url, var headers, let body, let expect) = work else { return }
    let isSaid = headers.contains { $0.name.lowercased() == SpanNames.header }
    guard !isSaid else { return }
    headers.append(HTTPField(SpanNames.header, here))
    work = .http(method: method, url: url, headers: headers, body: body, expect: expect)
  }
}

extension WorkOrder.Work {
  fileprivate init?(_ work: WorkOrderMessage.Work?) {
    switch work {
    case .run(let run):
      self = .run(argv: run.argv)
    case .script(let script):
      self = .script(text: script.text, interpreter: script.interpreter)
    case .http(let call):
      self = .http(
        method: call.method, url: call.url,
        headers: call.headers.map { HTTPField($0.name, $0.value) }, body: call.body,
        expect: call.expect.map(Int.init))
    case .call(let call):
      guard let arguments = SortedMap<String, Value>(call.arguments) else { return nil }
      self = .call(function: call.function, arguments: arguments)
    case .contained(let contained):
      guard let container = TaskContainer(contained), let program = WorkOrder.Program(contained)
      else { return nil }
      self = .contained(container, program)
    case nil:
      return nil
    }
  }
}

extension TaskContainer {
  fileprivate init?(_ message: WorkOrderMessage.Contained) {
    guard TaskContainer.isImage(message.image), let network = Network(rawValue: message.network),
      message.memoryMib >= 0, message.processorsScaled >= 0, message.processes >= 0
    else { return nil }
    self.init(
      image: message.image, network: network,
      memoryMebibytesMax: message.memoryMib > 0 ? Int(clamping: message.memoryMib) : nil,
      processorsMax: message.processorsScaled > 0
        ? Decimal(scaled: message.processorsScaled) : nil,
      processesMax: message.processes > 0 ? Int(clamping: message.processes) : nil)
  }
}

extension WorkOrder.Program {
  fileprivate init?(_ message: WorkOrderMessage.Contained) {
    switch message.program {
    case .run(let run): self = .run(argv: run.argv)
    case .script(let script):
      self = .script(text: script.text, interpreter: script.interpreter)
    case nil: return nil
    }
  }
}

extension SortedMap<String, SecretText> {
  /// Nil when a secret's name is none.
  fileprivate init?(_ fields: [WorkOrderMessage.SecretField]) {
    var texts: [(String, SecretText)] = []
    for field in fields {
      var pieces: [SecretText.Piece] = []
      for piece in field.pieces {
        switch piece.piece {
        case .text(let text): pieces.append(.text(text))
        case .secret(let name):
          guard let name = SecretName(name) else { return nil }
          pieces.append(.secret(name))
        case nil: return nil
        }
      }
      texts.append((field.name, SecretText(pieces)))
    }
    self.init(texts)
  }
}

extension AttemptLimits {
  /// Zero means without limit.
  init(_ message: WorkOrderMessage) {
    self.init(
      attempt: message.attemptLimitUs > 0 ? .microseconds(message.attemptLimitUs) : nil,
      silence: message.heartbeatLimitUs > 0 ? .microseconds(message.heartbeatLimitUs) : nil,
      grace: .microseconds(max(message.graceUs, 0)))
  }
}

extension HeartbeatRequest {
  init(_ beat: Beat) {
    self.init(
      session: beat.session.text, beat: beat.number, heldCount: Int32(clamping: beat.heldCount),
      heldHash: beat.heldHash, held: beat.held?.map(\.description) ?? [],
      hasHeld: beat.held != nil, results: beat.results.map(\.description),
      stopped: beat.stopped.map(\.description), isDraining: beat.isDraining)
  }
}

extension BeatAnswer {
  init(_ message: HeartbeatResponse, to beat: Beat) {
    self.init(
      session: beat.session, number: beat.number,
      stops: message.stops.compactMap { stop in
        AttemptID(text: stop.attempt).map {
          Stop($0, stop.isKill ? .kill : .terminate, reason: stop.reason)
        }
      },
      acknowledged: message.acknowledged.compactMap { AttemptID(text: $0) },
      wantsHeld: message.wantsHeld, asksToDrain: message.drain,
      isSessionOver: message.sessionOver)
  }
}
