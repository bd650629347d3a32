// How the files of a task are read: what is kept after an attempt, and what is brought before it.

extension DefinitionParse {
  mutating func readFiles(
    _ cursor: SourceCursor, at place: Int, in scope: ExpressionScope,
    into task: inout TaskDefinition
  ) {
    for key in ["artifacts", "files"] {
      guard let value = cursor[key], !task.work.hasFolder else { continue }
      conflict(
        value, with: cursor["http"] == nil ? "call" : "http",
        hint: "only programs have a folder: use run or script, or remove it")
      return
    }
    if let artifacts = cursor["artifacts"] { task.artifacts = self.artifacts(artifacts) }
    guard let files = cursor["files"] else { return }
    for item in list(files, of: "files", max: limits.filesMax) {
      if let rule = file(item, of: place, in: scope) { task.files.append(rule) }
    }
  }

  mutating func artifacts(_ cursor: SourceCursor) -> [ArtifactRule] {
    var rules: [ArtifactRule] = []
    for item in list(cursor, of: "artifacts", max: limits.artifactsMax) {
      guard let rule = artifact(item) else { continue }
      if rules.contains(where: { $0.name == rule.name }) {
        report(
          Fault(
            "duplicate-name", "the artifact '\(rule.name)' occurs twice",
            hint: "give each its own name"),
          at: item["name"] ?? item)
      }
      rules.append(rule)
    }
    return rules
  }

  private mutating func artifact(_ cursor: SourceCursor) -> ArtifactRule? {
    guard let map = map(cursor, .artifact) else { return nil }
    if map["path"] == nil { missing("path", in: cursor, "say which files, such as path: out/**") }
    if map["name"] == nil { missing("name", in: cursor, "give it a name to fetch it by") }
    let path = map["path"].flatMap { artifactPath($0) }
    let name = map["name"].flatMap { self.name($0, WorkflowName.self)?.text }
    let when = map["when"].flatMap { word($0, ArtifactRule.Occasion.self) } ?? .always
    guard let path, let name else { return nil }
    return ArtifactRule(path: path, name: name, when: when)
  }

  private mutating func artifactPath(_ cursor: SourceCursor) -> String? {
    guard let path = text(cursor, bytesMax: limits.argumentBytesMax) else { return nil }
    if PathPattern(path) != nil { return path }
    report(
      Fault(
        "invalid-path", "'\(path.prefix(80))' leads out of the task's folder",
        hint: "write a path below it, without '..' and a leading '/'"),
      at: cursor)
    return nil
  }

  // MARK: Files that are brought

  private mutating func file(
    _ cursor: SourceCursor, of place: Int, in scope: ExpressionScope
  ) -> FileRule? {
    guard let map = map(cursor, .file) else { return nil }
    if map["to"] == nil { missing("to", in: cursor, "say where it goes, such as to: data/") }
    let to = map["to"].flatMap { target($0) }
    if let artifact = map["artifact"] {
      if let input = map["input"] {
        conflict(input, with: "'artifact'", hint: "write one entry for each")
        return nil
      }
      let source = self.artifactSource(artifact, of: place)
      return source.flatMap { source in to.map { FileRule(source, to: $0) } }
    }
    guard let input = map["input"] else {
      missing("artifact", in: cursor, "say what it is: artifact: task/name, or input: name")
      return nil
    }
    let source = inputSource(input, in: scope)
    return source.flatMap { source in to.map { FileRule(source, to: $0) } }
  }

  /// Like the path of an artifact, and without wildcards.
  private mutating func target(_ cursor: SourceCursor) -> String? {
    guard let path = text(cursor, bytesMax: PathPattern.bytesMax) else { return nil }
    let isPlain = !path.contains("*") && !path.contains("?")
    if isPlain, PathPattern(path) != nil { return path }
    report(
      Fault(
        "invalid-path", "'\(path.prefix(80))' is no path below the task's folder",
        hint: "write a path below it, without '..', wildcards and a leading '/'"),
      at: cursor)
    return nil
  }

  /// `task/name`, of a task that has ended by then.
  private mutating func artifactSource(
    _ cursor: SourceCursor, of place: Int
  ) -> FileRule.Source? {
    guard let text = text(cursor, bytesMax: 2 * Slug.lengthMax + 1) else { return nil }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let task = TaskName(parts[0]), let name = WorkflowName(parts[1]) else {
      report(
        Fault(
          "invalid-artifact", "'\(text.prefix(80))' names no artifact",
          hint: "write task/name, such as artifact: build/app"),
        at: cursor)
      return nil
    }
    switch visibility(of: task, from: place) {
    case .fault(let fault):
      report(fault, at: cursor)
      return nil
    case .visible:
      break
    }
    let other = outlines.place(of: task).map { outlines.tasks[$0] }
    let names = (other?.cursor["artifacts"]?.items ?? []).compactMap { item in
      item["name"]?.scalar?.text
    }
    guard names.contains(name.text) else {
      let near = suggestion(for: name.text, among: names)
      report(
        Fault(
          "unknown-artifact", "the task '\(task)' keeps no artifact '\(name)'",
          hint: near.map { "did you mean '\($0)'?" } ?? "add it to the task's artifacts"),
        at: cursor)
      return nil
    }
    return .artifact(task, name: name.text)
  }

  private mutating func inputSource(
    _ cursor: SourceCursor, in scope: ExpressionScope
  ) -> FileRule.Source? {
    guard let name = text(cursor, bytesMax: Slug.lengthMax) else { return nil }
    guard let type = scope.context.inputs[name] else {
      let near = suggestion(for: name, among: scope.context.inputs.keys)
      report(
        Fault(
          "unknown-input", "there is no input '\(name)'",
          hint: near.map { "did you mean '\($0)'?" } ?? "declare it under inputs"),
        at: cursor)
      return nil
    }
    guard type == .string else {
      report(
        Fault(
          "type-mismatch", "the input '\(name)' is \(type.text) and must be the id of an artifact",
          hint: "give it the type string"),
        at: cursor)
      return nil
    }
    return .input(name)
  }
}

extension TaskWork {
  /// Whether attempts have a folder of their own.
  var hasFolder: Bool {
    switch self {
    case .run, .script: true
    case .http, .call: false
    }
  }
}
