internal import Domain

/// Runs and their tasks as text.
enum RunText {
  static func id(_ run: Value) -> String { run["id"]?.string ?? "" }

  static func table(_ runs: [Value], _ style: Style, now: Moment) -> String {
    var table = Table(["RUN", "WORKFLOW", "STATE", "TASKS", "CREATED", "TOOK", "WHY"])
    for run in runs {
      table.add([
        id(run), "\(run["namespace"]?.string ?? "")/\(run["workflow"]?.string ?? "")",
        style.state(run["state"]?.string ?? ""), progress(run),
        Times.ago(run["createdAt"], now: now),
        Times.took(run["startedAt"], run["endedAt"], now: now), why(run),
      ])
    }
    return table.text
  }

  /// Ended tasks of all.
  static func progress(_ run: Value) -> String {
    guard case .object(let counts)? = run["tasks"] else { return "-" }
    var total: Int64 = 0
    var ended: Int64 = 0
    for (word, count) in counts {
      total += count.number ?? 0
      if TaskOutcome(rawValue: word) != nil { ended += count.number ?? 0 }
    }
    return "\(ended)/\(total)"
  }

  static func why(_ item: Value) -> String {
    guard let reason = item["reason"] else { return "" }
    return Terminal.neutralised(reason["message"]?.string ?? reason["code"]?.string ?? "")
  }

  static func details(_ run: Value, _ tasks: [Value], _ style: Style, now: Moment) -> String {
    var lines = [
      "\(style.bold(id(run)))  \(run["namespace"]?.string ?? "")/\(run["workflow"]?.string ?? "")"
        + "  version \(run["version"]?.string ?? "")",
      "state    \(style.state(run["state"]?.string ?? ""))",
      "created  \(Times.ago(run["createdAt"], now: now))",
      "took     \(Times.took(run["startedAt"], run["endedAt"], now: now))",
    ]
    if let earlier = run["rerunOf"]?.string {
      lines.append("rerun of \(Terminal.neutralised(earlier))")
    }
    if !why(run).isEmpty { lines.append("why      \(why(run))") }
    if case .object(let inputs)? = run["inputs"], !inputs.isEmpty {
      lines.append("inputs   " + inputs.map { "\($0.key)=\($0.value.text)" }.joined(separator: " "))
    }
    lines += ["", tree(tasks, style, now: now)]
    let outputs = outputs(of: tasks)
    if !outputs.isEmpty { lines += ["", outputs] }
    return lines.joined(separator: "\n")
  }

  static func tree(_ tasks: [Value], _ style: Style, now: Moment) -> String {
    var table = Table(["TASK", "STATE", "TRY", "WAITED", "TOOK", "WHY"])
    let progress = instances(of: tasks)
    for task in TaskOrder.sorted(tasks) { table.add(row(task, style, now: now, progress)) }
    return table.text
  }

  /// How many instances of each `forEach` have ended, of how many: `37/100 ended`.
  static func instances(of tasks: [Value]) -> SortedMap<String, String> {
    var counts: SortedMap<String, (ended: Int, all: Int)> = [:]
    for task in tasks where TaskOrder.isInstance(task) {
      let isEnded = TaskOutcome(rawValue: task["state"]?.string ?? "") != nil
      let before = counts[TaskOrder.owner(task)] ?? (0, 0)
      counts[TaskOrder.owner(task)] = (before.ended + (isEnded ? 1 : 0), before.all + 1)
    }
    return counts.mapValues { "\($0.ended)/\($0.all) ended" }
  }

  /// What the tasks handed on; without the instances of a `forEach`, which are too many to read.
  private static func outputs(of tasks: [Value]) -> String {
    var table = Table(["OUTPUT", "VALUE"])
    var isEmpty = true
    for task in TaskOrder.sorted(tasks) where !TaskOrder.isInstance(task) {
      guard case .object(let outputs)? = task["outputs"] else { continue }
      for (name, value) in outputs {
        let text = Terminal.neutralised(value.text)
        let isLong = text.count > outputLengthMax
        table.add([
          "\(task["task"]?.string ?? "").\(name)",
          isLong ? text.prefix(outputLengthMax - 1) + "…" : text,
        ])
        isEmpty = false
      }
    }
    return isEmpty ? "" : table.text
  }

  /// In characters; `--output json` has the whole.
  private static let outputLengthMax = 200

  static func row(
    _ task: Value, _ style: Style, now: Moment, _ instances: SortedMap<String, String> = [:]
  ) -> [String] {
    let attempts = task["attempts"]?.items ?? []
    let last = attempts.last
    let name = task["task"]?.string ?? ""
    return [
      (TaskOrder.isInstance(task) ? "  " : "") + name
        + (task["finally"] == .boolean(true) ? " (finally)" : ""),
      style.state(task["state"]?.string ?? ""),
      attempts.isEmpty ? "-" : "\(attempts.count)",
      Times.took(last?["queuedAt"], last?["startedAt"], now: now),
      Times.took(last?["startedAt"], last?["endedAt"], now: now),
      why(task).isEmpty ? instances[name] ?? "" : why(task),
    ]
  }

  static func explanation(_ answer: Value, _ style: Style, now: Moment) -> String {
    let run = answer["run"] ?? .null
    var lines = [
      "\(id(run)) is \(style.state(run["state"]?.string ?? ""))" + because(run, now: now)
    ]
    for task in answer["tasks"]?.items ?? [] {
      let tries = task["attempts"]?.items.count ?? 0
      lines.append(
        "  \(task["task"]?.string ?? "") is \(style.state(task["state"]?.string ?? ""))"
          + (tries > 1 ? " after \(tries) tries" : "") + because(task, now: now))
    }
    if answer["isComplete"] == .boolean(false) { lines.append("  … and more") }
    if (answer["tasks"]?.items ?? []).isEmpty {
      lines.append(
        run["state"]?.string == RunOutcome.succeeded.rawValue
          ? "  every task has succeeded" : "  every task is running or has succeeded")
    }
    return lines.joined(separator: "\n")
  }

  private static func because(_ item: Value, now: Moment) -> String {
    guard let reason = item["reason"] else { return "" }
    var text = ": \(why(item)) [\(reason["code"]?.string ?? "")]"
    if let since = reason["since"]?.moment { text += ", since \(Times.length(now - since))" }
    if let until = reason["until"]?.moment, until > now {
      text += ", for another \(Times.length(until - now))"
    }
    return text
  }
}
