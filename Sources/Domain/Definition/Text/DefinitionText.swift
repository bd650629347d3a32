/// The text of a definition as a person would write it: what `millrace fmt` prints.
///
/// It is made from the definition alone, so the same workflow always gets the same text, formatting
/// a formatted file changes nothing, and reading it gives an equal definition. Comments are not
/// part of a definition and are lost.
public enum DefinitionText {
  public static func yaml(of definition: WorkflowDefinition) -> String {
    let shared = SharedSettings(of: definition)
    var sections = [YAMLTree.lines(head(of: definition), isSpread: false)]
    if !definition.inputs.isEmpty {
      let inputs = definition.inputs.map { (key: $0.key, value: tree(of: $0.value)) }
      sections.append(section("inputs", .lines(inputs, isSpread: false)))
    }
    if let defaults = shared.tree { sections.append(section("defaults", defaults)) }
    sections.append(section("tasks", tree(of: definition.tasks, over: shared.defaults)))
    if !definition.finally.isEmpty {
      sections.append(section("finally", tree(of: definition.finally, over: shared.defaults)))
    }
    if !definition.notify.isEmpty {
      sections.append(section("notify", .list(definition.notify.map { tree(of: $0) })))
    }
    return sections.map(YAMLWriter.text(of:)).joined(separator: "\n")
  }

  private static func section(_ key: String, _ value: YAMLTree) -> YAMLTree {
    .lines([(key, value)], isSpread: false)
  }

  private static func head(
    of definition: WorkflowDefinition
  ) -> [(key: String, value: YAMLTree)] {
    var entries: [(key: String, value: YAMLTree)] = [
      ("version", .token("1")), ("id", .text(definition.name.text)),
    ]
    if definition.namespace != .default {
      entries.append(("namespace", .text(definition.namespace.text)))
    }
    if !definition.description.isEmpty {
      entries.append(("description", .text(definition.description)))
    }
    if !definition.labels.isEmpty {
      entries.append(("labels", .map(definition.labels.map { ($0.key, .text($0.value)) })))
    }
    if !definition.secrets.isEmpty {
      entries.append(("secrets", .list(definition.secrets.map { .text($0.text) })))
    }
    if let timeout = definition.timeout {
      entries.append(("timeout", .token(DurationText.text(of: timeout))))
    }
    if definition.priority != .normal {
      entries.append(("priority", .text(definition.priority.rawValue)))
    }
    if let concurrency = definition.concurrency {
      entries.append(
        (
          "concurrency",
          .map([
            ("key", .text(concurrency.key.source)), ("limit", .token(String(concurrency.limit))),
            ("onLimit", .text(concurrency.onLimit.rawValue)),
          ])
        ))
    }
    return entries
  }

  private static func tree(of rule: NotifyRule) -> YAMLTree {
    var entries: [(key: String, value: YAMLTree)] = [
      ("when", .list(rule.when.map { .text($0.rawValue) }))
    ]
    if !rule.email.isEmpty { entries.append(("email", .list(rule.email.map(YAMLTree.text)))) }
    if let webhook = rule.webhook { entries.append(("webhook", .text(webhook))) }
    return .map(entries)
  }

  private static func tree(of input: InputDefinition) -> YAMLTree {
    var entries = input.type.entries
    if let fallback = input.fallback { entries.append(("default", YAMLTree(fallback))) }
    if let pattern = input.pattern { entries.append(("pattern", .text(pattern.source))) }
    if !input.choices.isEmpty { entries.append(("choices", YAMLTree(.array(input.choices)))) }
    if !input.description.isEmpty { entries.append(("description", .text(input.description))) }
    return .map(entries)
  }

  private static func tree(of tasks: [TaskDefinition], over base: TaskDefaults) -> YAMLTree {
    let ordered = TaskGraph(of: tasks).readingOrder.map { tasks[$0] }
    let entries = ordered.map { task in
      (key: task.name.text, value: TaskText(task: task, base: base).tree)
    }
    return .lines(entries, isSpread: true)
  }
}

extension ValueType {
  /// One word, or a map when a word does not say it.
  var tree: YAMLTree {
    let entries = self.entries
    return entries.count == 1 ? entries[0].value : .map(entries)
  }

  fileprivate var entries: [(key: String, value: YAMLTree)] {
    switch self {
    case .boolean, .integer, .number, .string, .any, .array(of: .any), .object(nil):
      [("type", YAMLTree(normalForm))]
    case .array(let element):
      [("type", .text("array")), ("items", element.tree)]
    case .object(let properties?):
      [
        ("type", .text("object")),
        ("properties", .map(properties.map { ($0.key, $0.value.tree) })),
      ]
    }
  }
}

extension TaskGraph {
  /// The graph of sound tasks, with the place of each in `tasks` as its number. Needs that are not
  /// among them are left out.
  init(of tasks: [TaskDefinition]) {
    let places = SortedMap(tasks.enumerated().map { ($1.name, $0) })
    self.init(needs: tasks.map { task in task.needs.compactMap { places[$0.task] } })
  }

  /// Every task after those that it needs, near to them and otherwise by number.
  var readingOrder: [Int] {
    order.sorted { (depths[$0], $0) < (depths[$1], $1) }
      + needs.indices.filter { depths[$0] == 0 }
  }
}

/// What all tasks have in common and stands under `defaults` once.
private struct SharedSettings {
  var defaults = TaskDefaults()
  var tree: YAMLTree?

  init(of definition: WorkflowDefinition) {
    let tasks = definition.tasks + definition.finally
    guard tasks.count > 1, let first = tasks.first else { return }
    let base = TaskDefaults()
    var entries: [(key: String, value: YAMLTree)] = []
    if first.pool != base.pool, tasks.allSatisfy({ $0.pool == first.pool }) {
      defaults.pool = first.pool
      entries.append(("pool", .text(first.pool.text)))
    }
    if first.limits != base.limits, tasks.allSatisfy({ $0.limits == first.limits }) {
      defaults.limits = first.limits
      entries.append(("timeout", SettingsText.tree(of: first.limits, over: base.limits)))
    }
    if first.retry != base.retry, tasks.allSatisfy({ $0.retry == first.retry }) {
      defaults.retry = first.retry
      entries.append(("retry", SettingsText.tree(of: first.retry, over: base.retry)))
    }
    // An expression may name what only its task can see.
    let common = first.environment.filter { name, value in
      value.expressions.isEmpty && tasks.allSatisfy { $0.environment[name] == value }
    }
    if !common.isEmpty {
      defaults.environment = SortedMap(common.map { ($0.key, $0.value) })
      entries.append(("env", SettingsText.tree(of: defaults.environment)))
    }
    if !entries.isEmpty { tree = .lines(entries, isSpread: false) }
  }
}

/// Settings in the order in which people write them.
enum SettingsText {
  static func tree(of limits: TimeLimits, over base: TimeLimits) -> YAMLTree {
    let settings = limits.settings(over: base)
    if settings.count == 1, let attempt = settings["attempt"] { return token(attempt) }
    return .map(
      ["queue", "attempt", "total", "heartbeat", "grace"].compactMap { key in
        settings[key].map { (key, token($0)) }
      })
  }

  static func tree(of retry: RetryPolicy, over base: RetryPolicy) -> YAMLTree {
    let settings = retry.settings(over: base)
    var entries: [(key: String, value: YAMLTree)] = []
    if let attempts = settings["attempts"] { entries.append(("attempts", YAMLTree(attempts))) }
    if case .object(let waits)? = settings["backoff"] {
      entries.append(
        (
          "backoff",
          .map(
            ["initial", "factor", "max", "jitter"].compactMap { key in
              waits[key].map { (key, token($0)) }
            })
        ))
    }
    if case .array(let rules)? = settings["rules"] {
      entries.append(("rules", .list(rules.map { rule(of: $0) })))
    }
    return .map(entries)
  }

  static func tree(of environment: SortedMap<String, Template>) -> YAMLTree {
    .lines(environment.map { ($0.key, .text($0.value.source)) }, isSpread: false)
  }

  private static func rule(of value: Value) -> YAMLTree {
    guard case .object(let members) = value else { return YAMLTree(value) }
    return .map(
      ["on", "exit", "attempts"].compactMap { key in members[key].map { (key, YAMLTree($0)) } })
  }

  /// Lengths of time and words need no quotes.
  private static func token(_ value: Value) -> YAMLTree { .token(value.text) }
}
