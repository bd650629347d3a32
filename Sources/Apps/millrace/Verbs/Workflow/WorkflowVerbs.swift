internal import Domain
internal import Ports

/// Verbs about definitions on the server.
enum WorkflowVerbs {
  static let all: [Verb] = [apply, list, get, versions, WorkflowStats.verb, delete]

  static let apply = Verb(
    "workflow apply", "Send definitions; the same content is the same version",
    operands: "FILE…", count: 1...1_000,
    options: [.init("dry-run", "check only, change nothing")],
    examples: ["millrace workflow apply ci.yaml", "millrace workflow apply -"]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      var applied: [Value] = []
      for file in call.operands {
        applied.append(try await apply(file, client, isDryRun: call.has("dry-run")))
      }
      form.print(applied, name: fullName) {
        applied.map { "\(fullName($0)) is at version \($0["version"]?.string ?? "")" }
          .joined(separator: "\n")
      }
      return .ok
    }
  }

  static func apply(_ file: String, _ client: Client, isDryRun: Bool) async throws -> Value {
    let source = try LocalFiles.read(file)
    let form = LocalVerbs.isJSON(file) ? "application/json" : "application/yaml"
    let answer: HTTPAnswer
    do {
      answer = try await client.send(
        "POST", "/v1/workflows", query: [("dryRun", isDryRun ? "true" : nil)],
        fields: [HTTPField("Content-Type", form)], body: source)
    } catch let failure as Failure where failure.code == .invalid {
      var named = failure
      named.what = "\(file): \(failure.what)"
      named.details = failure.details.map { "\(file):\($0)" }
      throw named
    }
    let bytes = try await client.body(of: answer)
    return (try? Value(json: String(decoding: bytes, as: UTF8.self), limits: .answers)) ?? .null
  }

  static func fullName(_ workflow: Value) -> String {
    "\(workflow["namespace"]?.string ?? "")/\(workflow["name"]?.string ?? "")"
  }

  static let list = Verb(
    "workflow list", "List definitions by name",
    options: [
      .init("name", value: "PREFIX", "names that begin so"),
      .init("label", short: "l", value: "KEY=VALUE", isRepeatable: true, "with this label"),
    ] + Verb.paging
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let page = try await client.get(
        "/v1/workflows",
        query: [
          ("namespace", call.value("namespace")), ("name", call.value("name")),
          ("limit", try call.limit()), ("cursor", call.value("cursor")),
        ] + (try call.pairs("label")).map { ("label.\($0.0)", $0.1) })
      let items = page["items"]?.items ?? []
      form.print(items, name: fullName) {
        var table = Table(["WORKFLOW", "VERSION", "NUMBER", "UPDATED", "DESCRIPTION"])
        for item in items {
          table.add([
            fullName(item), item["version"]?.string ?? "", "\(item["number"]?.number ?? 0)",
            Times.ago(item["updatedAt"], now: client.time.now()),
            item["description"]?.string ?? "",
          ])
        }
        return table.text
      }
      hintAtMore(page, call)
      return .ok
    }
  }

  static let get = Verb(
    "workflow get", "Show a definition", operands: "WORKFLOW", count: 1...1,
    options: [
      .init("version", value: "VERSION", "this version (default: the newest)"),
      .init("source", "the text as it was sent"),
    ]
  ) { call in
    try await withClient(call) { client in
      let path = try path(call)
      let query = [("version", call.value("version"))]
      if call.has("source") {
        let answer = try await client.send("GET", path + "/source", query: query)
        Terminal.write(try await client.body(of: answer), to: 1)
        return .ok
      }
      let form = try OutputForm(call)
      let workflow = try await client.get(path, query: query)
      form.print(workflow, name: fullName) { YAMLText.of(workflow) }
      return .ok
    }
  }

  static let versions = Verb(
    "workflow versions", "List the versions of a definition, the newest first",
    operands: "WORKFLOW", count: 1...1, options: Verb.paging
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let page = try await client.get(
        try path(call) + "/versions",
        query: [("limit", try call.limit()), ("cursor", call.value("cursor"))])
      let items = page["items"]?.items ?? []
      form.print(items, name: { $0["version"]?.string ?? "" }) {
        var table = Table(["VERSION", "NUMBER", "CREATED", "BY"])
        for item in items {
          table.add([
            item["version"]?.string ?? "", "\(item["number"]?.number ?? 0)",
            Times.ago(item["createdAt"], now: client.time.now()),
            item["createdBy"]?.string ?? "",
          ])
        }
        return table.text
      }
      hintAtMore(page, call)
      return .ok
    }
  }

  static let delete = Verb(
    "workflow delete", "Hide a definition; runs that exist keep their versions",
    operands: "WORKFLOW", count: 1...1
  ) { call in
    try await withClient(call) { client in
      _ = try await client.send("DELETE", try path(call))
      if !call.has("quiet") { Terminal.note("deleted \(call.operand(0))") }
      return .ok
    }
  }

  /// `name` in the namespace of the call, or `namespace/name`.
  private static func path(_ call: Call) throws -> String {
    let parts = call.operand(0).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, !parts.contains("") else {
      throw Failure.usage("'\(call.operand(0))' is neither NAME nor NAMESPACE/NAME")
    }
    let (namespace, name) =
      parts.count == 2
      ? (String(parts[0]), String(parts[1]))
      : (call.value("namespace") ?? "default", call.operand(0))
    return "/v1/workflows/\(Client.encoded(namespace))/\(Client.encoded(name))"
  }
}
