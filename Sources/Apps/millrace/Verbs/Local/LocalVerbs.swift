internal import Composition
internal import Domain
internal import Ports
internal import YAMLAdapter

/// Verbs that need no server.
enum LocalVerbs {
  static let all: [Verb] = [
    DevVerb.verb, initialise, validate, format, graph, schema, Completion.verb,
  ]

  static let initialise = Verb(
    "init", "Write a small workflow to begin with", operands: "NAME", count: 1...1,
    options: [.init("force", "overwrite the file")], examples: ["millrace init ci"]
  ) { call in
    let name = call.operand(0)
    guard WorkflowName(name) != nil else {
      throw Failure(.invalid, "'\(name)' is no name for a workflow", hint: "a name is \(Slug.rule)")
    }
    let file = "\(name).yaml"
    guard !LocalFiles.exists(file) || call.has("force") else {
      throw Failure(.conflict, "\(file) exists", hint: "choose another name, or pass --force")
    }
    try LocalFiles.write(file, Array(SampleWorkflow.text(named: name).utf8))
    Terminal.note(
      "wrote \(file); next: `millrace validate \(file)`, then `millrace run start \(file) --watch`")
    return .ok
  }

  static let validate = Verb(
    "validate", "Check definitions without a server", operands: "FILE…", count: 1...1_000
  ) { call in
    let form = try OutputForm(call)
    var isValid = true
    var found: [Value] = []
    for file in call.operands {
      let reading = try read(file)
      isValid = isValid && reading.definition != nil
      for finding in reading.findings {
        found.append(document(finding, file))
        if form == .table { Terminal.line("\(file):\(finding)") }
      }
      if let definition = reading.definition, form == .table, !call.has("quiet") {
        Terminal.note("\(file): \(definition.name) is valid (\(summary(definition)))")
      }
    }
    if form != .table {
      form.print(found, name: { $0["code"]?.string ?? "" }) { "" }
    }
    return isValid ? .ok : .invalid
  }

  static let format = Verb(
    "fmt", "Rewrite definitions in their normal form", operands: "FILE…", count: 1...1_000,
    options: [
      .init("check", "only say which files would change (exit code 7)"),
      .init("stdout", "print instead of writing"),
      .init("force", "also where comments would be lost"),
    ]
  ) { call in
    var isChanged = false
    for file in call.operands {
      let bytes = try LocalFiles.read(file)
      let definition = try valid(file, bytes)
      let text = DefinitionText.yaml(of: definition)
      if call.has("stdout") || file == "-" {
        Terminal.write(text)
        continue
      }
      guard !isJSON(file) else {
        throw Failure(
          .conflict, "\(file) is JSON, and the normal form is YAML",
          hint: "print it with --stdout, into a file that ends in .yaml")
      }
      guard Array(text.utf8) != bytes else { continue }
      isChanged = true
      if call.has("check") {
        Terminal.line(file)
        continue
      }
      if (try? LibYAMLScanner().hasComments(bytes)) == true, !call.has("force") {
        throw Failure(
          .conflict, "\(file) has comments, which the normal form has no place for",
          hint: "pass --force to lose them, or --stdout to look first")
      }
      try LocalFiles.write(file, Array(text.utf8))
      Terminal.note("formatted \(file)")
    }
    return call.has("check") && isChanged ? .invalid : .ok
  }

  static let graph = Verb(
    "graph", "Draw the tasks of a definition", operands: "FILE", count: 1...1,
    options: [.init("form", value: "FORM", "text, mermaid or dot (default: text)")]
  ) { call in
    let file = call.operand(0)
    let graph = WorkflowGraph(of: try valid(file, try LocalFiles.read(file)))
    switch call.value("form") ?? "text" {
    case "text": Terminal.line(graph.text)
    case "mermaid": Terminal.line(graph.mermaid)
    case "dot": Terminal.line(graph.dot)
    case let form: throw Failure.usage("--form takes text, mermaid or dot, not '\(form)'")
    }
    return .ok
  }

  static let schema = Verb(
    "schema", "Print the JSON Schema of definitions, for editors",
    examples: ["millrace schema > workflow.v1.schema.json"]
  ) { _ in
    Terminal.write(PublishedDocuments.workflowSchema)
    return .ok
  }

  // MARK: Shared

  static func read(_ file: String) throws -> DefinitionReading {
    read(file, try LocalFiles.read(file))
  }

  /// A file whose name says so is read by the rules of JSON, as the server reads it.
  static func isJSON(_ file: String) -> Bool { file.hasSuffix(".json") }

  static func read(_ file: String, _ bytes: [UInt8]) -> DefinitionReading {
    if isJSON(file) { return DefinitionReader().read(json: bytes) }
    do throws(Finding) {
      return DefinitionReader().read(try LibYAMLScanner().scan(bytes))
    } catch {
      return DefinitionReading(definition: nil, findings: [error], findingsCount: 1)
    }
  }

  static func valid(_ file: String, _ bytes: [UInt8]) throws -> WorkflowDefinition {
    let reading = read(file, bytes)
    guard let definition = reading.definition else {
      throw Failure(
        .invalid, "\(file) is not valid", hint: "mend the findings above",
        details: reading.findings.map { "\(file):\($0)" })
    }
    return definition
  }

  private static func document(_ finding: Finding, _ file: String) -> Value {
    .object([
      "file": .string(file), "line": .integer(Int64(finding.position.line)),
      "column": .integer(Int64(finding.position.column)), "code": .string(finding.code),
      "severity": .string(finding.severity.rawValue), "message": .string(finding.message),
      "hint": .string(finding.hint), "pointer": .string(finding.pointer),
    ])
  }

  private static func summary(_ definition: WorkflowDefinition) -> String {
    let count = definition.tasks.count
    var text = "\(count) task\(count == 1 ? "" : "s")"
    if !definition.finally.isEmpty { text += ", \(definition.finally.count) finally" }
    let unlimited = (definition.tasks + definition.finally).filter { $0.limits.attempt == nil }
    if !unlimited.isEmpty { text += ", \(unlimited.count) without timeout.attempt" }
    return text
  }
}

/// The workflow that `init` writes and `dev` applies.
enum SampleWorkflow {
  static func text(named name: String) -> String {
    """
    version: 1
    id: \(name)
    inputs:
      who: {type: string, default: world, pattern: "[A-Za-z ]{1,40}"}
    tasks:
      greet:
        run: [echo, "hello ${{ inputs.who }}"]
      count:
        script: |
          for n in 1 2 3; do echo "step $n"; done
          echo "steps=3" >> "$MILLRACE_OUTPUTS"
        outputs: {steps: integer}
      report:
        needs: [greet, count]
        run: [echo, "greeted ${{ inputs.who }} in ${{ tasks.count.outputs.steps }} steps"]

    """
  }
}
