/// One task as a person would write it.
struct TaskText {
  let task: TaskDefinition
  /// What `defaults` says already.
  let base: TaskDefaults

  var tree: YAMLTree {
    var entries = start + work
    if let container = task.container {
      entries.append(("container", TaskText.tree(of: container)))
    }
    let environment = task.environment.filter { base.environment[$0.key] != $0.value }
    if !environment.isEmpty {
      let own = SortedMap(environment.map { ($0.key, $0.value) })
      entries.append(("env", SettingsText.tree(of: own)))
    }
    if task.pool != base.pool { entries.append(("pool", .text(task.pool.text))) }
    if task.limits != base.limits {
      entries.append(("timeout", SettingsText.tree(of: task.limits, over: base.limits)))
    }
    if task.retry != base.retry {
      entries.append(("retry", SettingsText.tree(of: task.retry, over: base.retry)))
    }
    if !task.outputs.isEmpty {
      let outputs = task.outputs.map { (key: $0.key, value: $0.value.tree) }
      entries.append(("outputs", .map(outputs)))
    }
    if !task.artifacts.isEmpty {
      entries.append(("artifacts", .list(task.artifacts.map { TaskText.tree(of: $0) })))
    }
    if !task.files.isEmpty {
      entries.append(("files", .list(task.files.map { YAMLTree($0.normalForm) })))
    }
    return .lines(entries, isSpread: false)
  }

  private var start: [(key: String, value: YAMLTree)] {
    var entries: [(key: String, value: YAMLTree)] = []
    if !task.needs.isEmpty { entries.append(("needs", needs)) }
    if let condition = task.condition { entries.append(("if", .text(condition.source))) }
    if let forEach = task.forEach {
      let items =
        forEach.items.literalItems.map { YAMLTree(.array($0)) }
        ?? .text("${{ \(forEach.items.source) }}")
      entries.append(("forEach", items))
      if let parallel = forEach.maxParallel {
        entries.append(("maxParallel", .token(String(parallel))))
      }
    }
    return entries
  }

  private var needs: YAMLTree {
    if task.needs.allSatisfy({ $0.outcome == .success }) {
      return .list(task.needs.map { .text($0.task.text) })
    }
    return .map(task.needs.map { ($0.task.text, .text($0.outcome.rawValue)) })
  }

  private var work: [(key: String, value: YAMLTree)] {
    switch task.work {
    case .run(let argv):
      return [("run", TaskText.command(argv))]
    case .script(let text, let interpreter):
      var entries: [(key: String, value: YAMLTree)] = [("script", .text(text))]
      if interpreter != TaskWork.defaultInterpreter {
        entries.append(("interpreter", TaskText.words(interpreter)))
      }
      return entries
    case .http(let work):
      return [("http", TaskText.tree(of: work))]
    case .call(let function, let arguments):
      var entries: [(key: String, value: YAMLTree)] = [("call", .text(function))]
      if !arguments.isEmpty {
        entries.append(
          ("with", .map(arguments.map { ($0.key, YAMLTree($0.value.source)) })))
      }
      return entries
    }
  }

  private static func command(_ argv: [Template]) -> YAMLTree { words(argv.map(\.source)) }

  private static let lineBytesMax = 90

  /// One line where a shell would read the same words; a list otherwise.
  private static func words(_ words: [String]) -> YAMLTree {
    let line = WordSplitter.text(of: words)
    let isClear = words.allSatisfy { word in
      !word.utf8.contains { "|&;<>`\n\t\r".utf8.contains($0) } && !word.holdsDollar
    }
    return isClear && line.utf8.count <= lineBytesMax
      ? .text(line) : .list(words.map(YAMLTree.text))
  }

  private static func tree(of container: TaskContainer) -> YAMLTree {
    guard container != TaskContainer(image: container.image) else { return .text(container.image) }
    var entries: [(key: String, value: YAMLTree)] = [("image", .text(container.image))]
    if container.network != .none {
      entries.append(("network", .text(container.network.rawValue)))
    }
    if let memory = container.memoryMebibytesMax {
      entries.append(("memoryMiB", .token(String(memory))))
    }
    if let processors = container.processorsMax {
      entries.append(("cpus", .token(processors.text)))
    }
    if let processes = container.processesMax {
      entries.append(("processes", .token(String(processes))))
    }
    return .map(entries)
  }

  private static func tree(of rule: ArtifactRule) -> YAMLTree {
    var entries: [(key: String, value: YAMLTree)] = [
      ("path", .text(rule.path)), ("name", .text(rule.name)),
    ]
    if rule.when != .always { entries.append(("when", .text(rule.when.rawValue))) }
    return .map(entries)
  }

  private static func tree(of work: HTTPWork) -> YAMLTree {
    var entries: [(key: String, value: YAMLTree)] = []
    if work.method != "GET" { entries.append(("method", .text(work.method))) }
    entries.append(("url", .text(work.url.source)))
    if !work.headers.isEmpty {
      entries.append(("headers", .map(work.headers.map { ($0.key, .text($0.value.source)) })))
    }
    if let body = work.body { entries.append(("body", YAMLTree(body.source))) }
    if work.expect != [200] {
      entries.append(("expect", .list(work.expect.map { .token(String($0)) })))
    }
    return .map(entries)
  }
}

extension String {
  /// A dollar that starts no expression.
  fileprivate var holdsDollar: Bool {
    let scalars = Array(unicodeScalars)
    return scalars.indices.contains { place in
      scalars[place] == "$" && !scalars[place...].starts(with: ["$", "{", "{"])
    }
  }
}
