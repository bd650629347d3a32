internal import Contracts
internal import Domain
internal import SchedulerCore
internal import ServiceKit

extension WorkOrderMessage {
  /// - Parameter trace: of the run.
  init(_ order: AttemptOrder, _ trace: TraceContext?) {
    self.init(
      attempt: order.attempt.description, work: Work(order), environment: order.environment,
      outputs: order.outputs.mapValues { ValueTypeMessage($0) },
      attemptLimitUs: order.limits.attempt?.wholeMicroseconds ?? 0,
      heartbeatLimitUs: order.limits.heartbeat?.wholeMicroseconds ?? 0,
      graceUs: order.limits.grace.wholeMicroseconds, namespace: order.namespace.text,
      workflow: order.workflow.text,
      artifacts: order.artifacts.map { rule in
        WorkOrderMessage.Artifact(path: rule.path, name: rule.name, when: rule.when.rawValue)
      }, files: order.files.map { WorkOrderMessage.File($0) },
      secretEnvironment: order.secretEnvironment.map(WorkOrderMessage.SecretField.init),
      trace: TraceContext.stored(trace?.of(order.attempt)))
  }
}

extension WorkOrderMessage.Work {
  fileprivate init(_ order: AttemptOrder) {
    switch order.work {
    case .run(let argv):
      let run = WorkOrderMessage.Run(argv: argv)
      self = order.container.map { Self.contained(.init($0, .run(run))) } ?? .run(run)
    case .script(let text, let interpreter):
      let script = WorkOrderMessage.Script(text: text, interpreter: interpreter)
      self = order.container.map { Self.contained(.init($0, .script(script))) } ?? .script(script)
    case .call(let function, let arguments):
      self = .call(
        WorkOrderMessage.Call(
          function: function, arguments: arguments.mapValues { ValueMessage($0) }))
    case .http(let call):
      self = .http(
        WorkOrderMessage.HTTP(
          method: call.method, url: call.url,
          headers: call.headers.map { WorkOrderMessage.Field(name: $0.key, value: $0.value) },
          body: call.body.map { Array($0.bodyText.utf8) } ?? [],
          expect: call.expect.map { Int32(clamping: $0) },
          secretHeaders: call.secretHeaders.map(WorkOrderMessage.SecretField.init)))
    }
  }
}

extension WorkOrderMessage.Contained {
  fileprivate init(_ container: TaskContainer, _ program: Program) {
    self.init(
      image: container.image, network: container.network.rawValue,
      memoryMib: Int64(container.memoryMebibytesMax ?? 0),
      processorsScaled: container.processorsMax?.scaled ?? 0,
      processes: Int64(container.processesMax ?? 0), program: program)
  }
}

extension WorkOrderMessage.SecretField {
  fileprivate init(_ name: String, _ text: SecretText) {
    self.init(
      name: name,
      pieces: text.pieces.map { piece in
        switch piece {
        case .text(let text): Piece(piece: .text(text))
        case .secret(let name): Piece(piece: .secret(name.text))
        }
      })
  }
}

extension Value {
  /// What is sent as the body of a call: text as it is, anything else as JSON.
  fileprivate var bodyText: String {
    if case .string(let text) = self { text } else { json }
  }
}

extension WorkOrderMessage.File {
  fileprivate init(_ order: FileOrder) {
    switch order.source {
    case .artifact(let task, let name, let keeper):
      self.init(to: order.to, task: task.text, name: name, run: keeper?.text ?? "")
    case .id(let id):
      self.init(to: order.to, artifact: id)
    }
  }
}
