internal import Domain
internal import Ports

/// Verbs about who may do what.
enum RoleVerbs {
  static let all: [Verb] = [list, grants, grant, revoke]

  private static let everywhere = Verb.Option(
    "everywhere", "in the whole installation instead of one namespace")

  static let list = Verb("role list", "List the roles and what each may do") { call in
    try await withClient(call) { client in
      try await AccessList(call: call, client: client).show("/v1/roles", name: name) { items in
        var table = Table(["ROLE", "MAY"])
        for item in items { table.add([name(item), words(item["permissions"])]) }
        return table.text
      }
    }
  }

  static let grants = Verb(
    "role grants", "List who holds which role in a namespace", options: [everywhere] + Verb.paging
  ) { call in
    try await withClient(call) { client in
      try await AccessList(call: call, client: client).show(root(call), name: subject) { items in
        var table = Table(["SUBJECT", "ROLE"])
        for item in items { table.add([subject(item), item["role"]?.string ?? ""]) }
        return table.text
      }
    }
  }

  static let grant = Verb(
    "role grant", "Give a user or a service account a role", operands: "SUBJECT ROLE",
    count: 2...2, options: [everywhere],
    examples: [
      "millrace role grant ann author -n payments",
      "millrace role grant ci@payments runner -n payments",
      "millrace role grant ann admin --everywhere",
    ]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let body = Value.object(["role": .string(call.operand(1))])
      let given = try await client.put(path(call), body)
      form.print(given, name: subject) {
        "\(subject(given)) is \(given["role"]?.string ?? "") \(place(call))"
      }
      return .ok
    }
  }

  static let revoke = Verb(
    "role revoke", "Take the role of a user or a service account back", operands: "SUBJECT",
    count: 1...1, options: [everywhere]
  ) { call in
    try await withClient(call) { client in
      _ = try await client.send("DELETE", path(call))
      if !call.has("quiet") {
        Terminal.note("\(call.operand(0)) holds no role \(place(call)) any more")
      }
      return .ok
    }
  }

  private static func root(_ call: Call) -> String {
    call.has("everywhere") ? "/v1/grants" : NamespaceVerbs.path(of: call) + "/grants"
  }

  private static func path(_ call: Call) -> String {
    root(call) + "/\(Client.encoded(call.operand(0)))"
  }

  private static func place(_ call: Call) -> String {
    call.has("everywhere") ? "everywhere" : "in \(call.value("namespace") ?? "default")"
  }

  private static func name(_ item: Value) -> String { item["name"]?.string ?? "" }
  private static func subject(_ item: Value) -> String { item["subject"]?.string ?? "" }
}
