internal import Domain
internal import Ports

/// Verbs about users.
enum UserVerbs {
  static let all: [Verb] =
    [list, get, create, invite]
    + [
      change("disable", "Let a user in no more; their tokens and sign-ins end"),
      change("enable", "Let a user in again"),
      change("logout", "End all sign-ins and tokens of a user"),
    ]

  static let list = Verb("user list", "List users by name", options: Verb.paging) { call in
    try await withClient(call) { client in
      try await AccessList(call: call, client: client).show("/v1/users", name: name) { items in
        var table = Table(["USER", "STATE", "ROLES", "CREATED"])
        for item in items {
          table.add([
            name(item), item["state"]?.string ?? "", roles(item),
            Times.ago(item["createdAt"], now: client.time.now()),
          ])
        }
        return table.text
      }
    }
  }

  static let get = Verb("user get", "Show a user", operands: "NAME", count: 1...1) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let user = try await client.get(path(call))
      form.print(user, name: name) { YAMLText.of(user) }
      return .ok
    }
  }

  static let create = Verb(
    "user create", "Make a user", operands: "NAME", count: 1...1, options: [Password.option]
  ) { call in
    let password = try Password.read(call, "Password for \(call.operand(0))")
    return try await withClient(call) { client in
      let form = try OutputForm(call)
      let made = try await client.post(
        "/v1/users",
        .object(["name": .string(call.operand(0)), "password": .string(password)]))
      form.print(made, name: name) { "made \(name(made))" }
      return .ok
    }
  }

  static let invite = Verb(
    "user invite", "Make an invitation, good for one user and a week",
    options: [
      .init("role", value: "NAMESPACE=ROLE", isRepeatable: true, "what the user will be there")
    ], examples: ["millrace user invite --role payments=viewer"]
  ) { call in
    let roles = try call.pairs("role").map { ($0.0, Value.string($0.1)) }
    return try await withClient(call) { client in
      let form = try OutputForm(call)
      let made = try await client.post(
        "/v1/invitations", .object(["roles": .object(SortedMap(roles))]))
      form.print(made) {
        $0["id"]?.string ?? ""
      } table: {
        made["token"]?.string ?? ""
      }
      if !call.has("quiet") {
        Terminal.note(
          "who has it registers with `millrace auth register NAME --invitation-file FILE`")
      }
      return .ok
    }
  }

  private static func change(_ word: String, _ summary: String) -> Verb {
    Verb("user \(word)", summary, operands: "NAME", count: 1...1) { call in
      try await withClient(call) { client in
        let form = try OutputForm(call)
        let user = try await client.post(path(call) + "/\(word)", .object([:]))
        form.print(user, name: name) { "\(name(user)) is \(user["state"]?.string ?? "")" }
        return .ok
      }
    }
  }

  private static func path(_ call: Call) -> String {
    "/v1/users/\(Client.encoded(call.operand(0)))"
  }

  private static func name(_ item: Value) -> String { item["name"]?.string ?? "" }

  static func roles(_ item: Value) -> String {
    guard case .object(let roles)? = item["roles"], !roles.isEmpty else { return "-" }
    return roles.map { "\($0.key)=\($0.value.string ?? "")" }.joined(separator: " ")
  }
}
