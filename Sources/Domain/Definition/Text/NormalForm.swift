extension WorkflowDefinition {
  /// The definition as one value, the same for every spelling of the same workflow: what is stored,
  /// sent and hashed into a `VersionID`.
  ///
  /// It is a definition itself, and `DefinitionReader.read(normalForm:)` gives an equal one back.
  /// The product's own defaults are written out once under `defaults`, so that a stored workflow
  /// keeps its meaning when a later version of the product chooses others.
  public var normalForm: Value {
    var form: SortedMap<String, Value> = [
      "version": .integer(1),
      "id": .string(name.text),
      "namespace": .string(namespace.text),
      "timeout": .string(timeout.setting),
      "defaults": NormalForm.defaults,
      "tasks": NormalForm.tasks(tasks),
    ]
    if !description.isEmpty { form["description"] = .string(description) }
    if !labels.isEmpty { form["labels"] = .object(labels.mapValues(Value.string)) }
    if !inputs.isEmpty { form["inputs"] = .object(inputs.mapValues(\.normalForm)) }
    if !secrets.isEmpty { form["secrets"] = .array(secrets.map { .string($0.text) }) }
    if priority != .normal { form["priority"] = .string(priority.rawValue) }
    if let concurrency { form["concurrency"] = concurrency.normalForm }
    if !finally.isEmpty { form["finally"] = NormalForm.tasks(finally) }
    if !notify.isEmpty { form["notify"] = .array(notify.map(\.normalForm)) }
    return .object(form)
  }
}

/// The parts of a normal form that have no type of their own.
enum NormalForm {
  static let defaults: Value = {
    let base = TaskDefaults()
    return .object([
      "pool": .string(base.pool.text),
      "timeout": .object(base.limits.settings(over: nil)),
      "retry": .object(base.retry.settings(over: nil)),
    ])
  }()

  static func tasks(_ tasks: [TaskDefinition]) -> Value {
    .object(SortedMap(tasks.map { ($0.name.text, $0.normalForm) }))
  }
}

extension Duration? {
  /// As a definition writes it.
  var setting: String { map(DurationText.text(of:)) ?? "none" }
}

extension TaskDefinition {
  fileprivate var normalForm: Value {
    let base = TaskDefaults()
    var form = work.normalForm
    if !needs.isEmpty {
      form["needs"] = .object(
        SortedMap(needs.map { ($0.task.text, .string($0.outcome.rawValue)) }))
    }
    if let condition { form["if"] = .string(condition.source) }
    if let forEach {
      form["forEach"] = forEach.items.literalItems.map(Value.array) ?? .string(forEach.items.source)
      if let parallel = forEach.maxParallel { form["maxParallel"] = .integer(Int64(parallel)) }
    }
    if !environment.isEmpty {
      form["env"] = .object(environment.mapValues { .string($0.source) })
    }
    if let container { form["container"] = container.normalForm }
    if pool != base.pool { form["pool"] = .string(pool.text) }
    let times = limits.settings(over: base.limits)
    if !times.isEmpty { form["timeout"] = .object(times) }
    let retries = retry.settings(over: base.retry)
    if !retries.isEmpty { form["retry"] = .object(retries) }
    if !outputs.isEmpty { form["outputs"] = .object(outputs.mapValues(\.normalForm)) }
    if !artifacts.isEmpty { form["artifacts"] = .array(artifacts.map(\.normalForm)) }
    if !files.isEmpty { form["files"] = .array(files.map(\.normalForm)) }
    return .object(form)
  }
}

extension Expression {
  /// The items of a `forEach` that is written out as a list.
  var literalItems: [Value]? {
    if case .literal(.array(let items)) = root.kind { items } else { nil }
  }
}

extension TaskWork {
  fileprivate var normalForm: SortedMap<String, Value> {
    switch self {
    case .run(let argv):
      ["run": .array(argv.map { .string($0.source) })]
    case .script(let text, let interpreter):
      ["script": .string(text), "interpreter": .array(interpreter.map(Value.string))]
    case .http(let work):
      ["http": work.normalForm]
    case .call(let function, let arguments):
      arguments.isEmpty
        ? ["call": .string(function)]
        : ["call": .string(function), "with": .object(arguments.mapValues(\.source))]
    }
  }
}

extension TaskContainer {
  fileprivate var normalForm: Value {
    var form: SortedMap<String, Value> = [
      "image": .string(image), "network": .string(network.rawValue),
    ]
    if let memoryMebibytesMax { form["memoryMiB"] = .integer(Int64(memoryMebibytesMax)) }
    if let processorsMax { form["cpus"] = processorsMax.value }
    if let processesMax { form["processes"] = .integer(Int64(processesMax)) }
    return .object(form)
  }
}

extension HTTPWork {
  fileprivate var normalForm: Value {
    var form: SortedMap<String, Value> = [
      "method": .string(method), "url": .string(url.source),
      "expect": .array(expect.map { .integer(Int64($0)) }),
    ]
    if !headers.isEmpty { form["headers"] = .object(headers.mapValues { .string($0.source) }) }
    if let body { form["body"] = body.source }
    return .object(form)
  }
}

extension TimeLimits {
  /// The settings that differ from `base`; all when there is none.
  func settings(over base: TimeLimits?) -> SortedMap<String, Value> {
    let all: [(String, Value)] = [
      ("queue", .string(queue.setting)), ("attempt", .string(attempt.setting)),
      ("total", .string(total.setting)), ("heartbeat", .string(heartbeat.setting)),
      ("grace", .string(DurationText.text(of: grace))),
    ]
    let known = base?.settings(over: nil)
    return SortedMap(all.filter { known?[$0.0] != $0.1 })
  }
}

extension RetryPolicy {
  /// The settings that differ from `base`; all when there is none.
  func settings(over base: RetryPolicy?) -> SortedMap<String, Value> {
    var settings: SortedMap<String, Value> = [:]
    if base?.attemptsMax != attemptsMax { settings["attempts"] = .integer(Int64(attemptsMax)) }
    let waits = backoff.settings(over: base?.backoff)
    if !waits.isEmpty { settings["backoff"] = .object(waits) }
    if base.map({ $0.rules != rules }) ?? !rules.isEmpty {
      settings["rules"] = .array(rules.map(\.normalForm))
    }
    return settings
  }
}

extension Backoff {
  fileprivate func settings(over base: Backoff?) -> SortedMap<String, Value> {
    let all: [(String, Value)] = [
      ("initial", .string(DurationText.text(of: initial))), ("factor", factor.value),
      ("max", .string(DurationText.text(of: cap))), ("jitter", .string(jitter.rawValue)),
    ]
    let known = base?.settings(over: nil)
    return SortedMap(all.filter { known?[$0.0] != $0.1 })
  }
}

extension Decimal {
  /// Whole numbers as integers, as every reader of numbers gives them.
  fileprivate var value: Value {
    scaled % Decimal.scale == 0 ? .integer(scaled / Decimal.scale) : .decimal(self)
  }
}

extension RetryPolicy.Rule {
  fileprivate var normalForm: Value {
    let attempts = Value.integer(Int64(attemptsMax))
    return switch trigger {
    case .exit(let codes):
      .object(["exit": .array(codes.map { .integer(Int64($0)) }), "attempts": attempts])
    case .failed: .object(["on": .string("failed"), "attempts": attempts])
    case .timedOut: .object(["on": .string("timedOut"), "attempts": attempts])
    case .lost: .object(["on": .string("lost"), "attempts": attempts])
    }
  }
}

extension InputDefinition {
  fileprivate var normalForm: Value {
    var form = type.members
    if let fallback { form["default"] = fallback }
    if let pattern { form["pattern"] = .string(pattern.source) }
    if !choices.isEmpty { form["choices"] = .array(choices) }
    if !description.isEmpty { form["description"] = .string(description) }
    return .object(form)
  }
}

extension ValueType {
  /// One word, or a map when a word does not say it.
  var normalForm: Value {
    let members = self.members
    return members.count == 1 ? members["type"] ?? .null : .object(members)
  }

  fileprivate var members: SortedMap<String, Value> {
    switch self {
    case .boolean: ["type": .string("boolean")]
    case .integer: ["type": .string("integer")]
    case .number: ["type": .string("number")]
    case .string: ["type": .string("string")]
    case .any: ["type": .string("any")]
    case .array(of: .any): ["type": .string("array")]
    case .array(let element): ["type": .string("array"), "items": element.normalForm]
    case .object(nil): ["type": .string("object")]
    case .object(let properties?):
      ["type": .string("object"), "properties": .object(properties.mapValues(\.normalForm))]
    }
  }
}

extension ArtifactRule {
  var normalForm: Value {
    .object([
      "path": .string(path), "name": .string(name), "when": .string(when.rawValue),
    ])
  }
}

extension FileRule {
  var normalForm: Value {
    switch source {
    case .artifact(let task, let name):
      .object(["artifact": .string("\(task)/\(name)"), "to": .string(to)])
    case .input(let name):
      .object(["input": .string(name), "to": .string(to)])
    }
  }
}

extension ConcurrencyRule {
  var normalForm: Value {
    .object([
      "key": .string(key.source), "limit": .integer(Int64(limit)),
      "onLimit": .string(onLimit.rawValue),
    ])
  }
}

extension NotifyRule {
  var normalForm: Value {
    var form: SortedMap<String, Value> = ["when": .array(when.map { .string($0.rawValue) })]
    if !email.isEmpty { form["email"] = .array(email.map(Value.string)) }
    if let webhook { form["webhook"] = .string(webhook) }
    return .object(form)
  }
}
