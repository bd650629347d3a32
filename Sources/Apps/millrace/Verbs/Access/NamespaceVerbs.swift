internal import Domain
internal import Ports

/// Verbs about namespaces and the audit of what happens in them.
enum NamespaceVerbs {
  static let all: [Verb] = [list, get, create, audit]

  static let list = Verb(
    "namespace list", "List the namespaces that you see", options: Verb.paging
  ) { call in
    try await withClient(call) { client in
      try await AccessList(call: call, client: client).show("/v1/namespaces", name: name) { items in
        var table = Table(["NAMESPACE", "CREATED", "BY", "DESCRIPTION"])
        for item in items {
          table.add([
            name(item), Times.ago(item["createdAt"], now: client.time.now()),
            item["createdBy"]?.string ?? "-", item["description"]?.string ?? "",
          ])
        }
        return table.text
      }
    }
  }

  static let get = Verb(
    "namespace get", "Show a namespace", operands: "NAME", count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let found = try await client.get("/v1/namespaces/\(Client.encoded(call.operand(0)))")
      form.print(found, name: name) { YAMLText.of(found) }
      return .ok
    }
  }

  static let create = Verb(
    "namespace create", "Make a namespace", operands: "NAME", count: 1...1,
    options: [.init("description", value: "TEXT", "for people")]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      var members: [(String, Value)] = [("name", .string(call.operand(0)))]
      if let text = call.value("description") { members.append(("description", .string(text))) }
      let made = try await client.post("/v1/namespaces", .object(SortedMap(members)))
      form.print(made, name: name) { "made \(name(made))" }
      return .ok
    }
  }

  static let audit = Verb(
    "audit list", "List who did or tried what in a namespace, the newest first",
    options: [
      .init("everywhere", "in the whole installation"),
      .init("actor", value: "NAME", "by this user or service account"),
      .init("action", value: "TEXT", "such as 'POST /v1/runs'"),
      .init("outcome", value: "WORD", "done, denied or failed"),
      .init("since", value: "INSTANT", "at or after"),
      .init("before", value: "INSTANT", "before"),
    ] + Verb.paging
  ) { call in
    try await withClient(call) { client in
      let root = call.has("everywhere") ? "/v1/audit" : path(of: call) + "/audit"
      let query = ["actor", "action", "outcome", "since", "before"].map { ($0, call.value($0)) }
      return try await AccessList(call: call, client: client).show(root, query: query) {
        $0["id"]?.string ?? ""
      } table: { items in
        var table = Table(["AT", "ACTOR", "OUTCOME", "ACTION", "OBJECT"])
        for item in items {
          table.add(
            ["at", "actor", "outcome", "action", "object"].map {
              Terminal.neutralised(item[$0]?.string ?? "")
            })
        }
        return table.text
      }
    }
  }

  /// The address of the namespace that the call is about.
  static func path(of call: Call) -> String {
    "/v1/namespaces/\(Client.encoded(call.value("namespace") ?? "default"))"
  }

  private static func name(_ item: Value) -> String { item["name"]?.string ?? "" }
}
