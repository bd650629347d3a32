internal import Domain
internal import Ports

/// Verbs about tokens for programs: one's own, and those of service accounts.
enum TokenVerbs {
  /// One's own.
  static let own = verbs("auth token", "your tokens", operand: nil) { _ in "/v1/auth/tokens" }
  /// Of a service account of the namespace.
  static let ofAccounts = verbs("account token", "tokens of a service account", operand: "ACCOUNT")
  {
    call in AccountVerbs.path(call) + "/tokens"
  }

  private static func verbs(
    _ noun: String, _ whose: String, operand: String?,
    path: @escaping @Sendable (Call) throws -> String
  ) -> [Verb] {
    let count = operand == nil ? 0 : 1
    let before = operand.map { "\($0) " } ?? ""
    return [
      Verb(
        "\(noun) create", "Make one of \(whose); it is shown once", operands: operand ?? "",
        count: count...count,
        options: [
          .init("label", value: "TEXT", "what it is for"),
          .init("expires", value: "LENGTH", "how long it is good, such as 30d (default: 90d)"),
          .init("scope", value: "PERMISSION", isRepeatable: true, "only this, such as run:start"),
        ], examples: ["millrace \(noun) create \(before.lowercased())--label ci --expires 30d"]
      ) { call in
        let address = try path(call)
        let body = body(call, isOwn: operand == nil)
        return try await withClient(call) { client in
          let form = try OutputForm(call)
          let made = try await client.post(address, body)
          form.print(made, name: id) { made["token"]?.string ?? "" }
          if !call.has("quiet") { Terminal.note("keep the token: it is not shown again") }
          return .ok
        }
      },
      Verb(
        "\(noun) list", "List \(whose)", operands: operand ?? "", count: count...count,
        options: Verb.paging
      ) { call in
        let address = try path(call)
        return try await withClient(call) { client in
          try await list(call, client, address)
        }
      },
      Verb(
        "\(noun) revoke", "End one of \(whose)", operands: before + "TOKEN",
        count: (count + 1)...(count + 1)
      ) { call in
        let token = call.operand(count)
        let address = try path(call) + "/\(Client.encoded(token))"
        return try await withClient(call) { client in
          _ = try await client.send("DELETE", address)
          if !call.has("quiet") { Terminal.note("revoked \(token)") }
          return .ok
        }
      },
    ]
  }

  private static func body(_ call: Call, isOwn: Bool) -> Value {
    var members: [(String, Value)] = []
    if let label = call.value("label") { members.append(("label", .string(label))) }
    if let length = call.value("expires") { members.append(("expiresIn", .string(length))) }
    let scopes = call.all("scope")
    if !scopes.isEmpty { members.append(("scopes", .array(scopes.map(Value.string)))) }
    if isOwn, let namespace = call.value("namespace") {
      members.append(("namespace", .string(namespace)))
    }
    return .object(SortedMap(members))
  }

  private static func list(
    _ call: Call, _ client: Client, _ address: String
  ) async throws -> ExitCode {
    try await AccessList(call: call, client: client).show(address, name: id) { items in
      var table = Table(["TOKEN", "LABEL", "BEGINS", "STATE", "SCOPES", "ENDS"])
      for item in items {
        table.add([
          id(item), item["label"]?.string ?? "-", item["prefix"]?.string ?? "",
          item["state"]?.string ?? "", item["scopes"] == nil ? "all" : words(item["scopes"]),
          item["expiresAt"]?.string ?? "-",
        ])
      }
      return table.text
    }
  }

  private static func id(_ item: Value) -> String { item["id"]?.string ?? "" }
}

/// A page of users, roles, namespaces and the like.
struct AccessList {
  let call: Call
  let client: Client

  func show(
    _ path: String, query: [(String, String?)] = [], name: (Value) -> String,
    table: ([Value]) -> String
  ) async throws -> ExitCode {
    let form = try OutputForm(call)
    let page = try await client.get(
      path,
      query: query + [("limit", try call.limit()), ("cursor", call.value("cursor"))])
    let items = page["items"]?.items ?? []
    form.print(items, name: name) { table(items) }
    hintAtMore(page, call)
    return .ok
  }
}
