internal import Domain
internal import Ports

/// Verbs about service accounts: what programs are in a namespace.
enum AccountVerbs {
  static let all: [Verb] =
    [list, get, create]
    + [
      change("disable", "Let a service account in no more"),
      change("enable", "Let a service account in again"),
    ] + TokenVerbs.ofAccounts

  static let list = Verb(
    "account list", "List the service accounts of a namespace", options: Verb.paging
  ) { call in
    try await withClient(call) { client in
      try await AccessList(call: call, client: client).show(root(call), name: name) { items in
        var table = Table(["ACCOUNT", "SUBJECT", "STATE", "ROLES", "DESCRIPTION"])
        for item in items {
          table.add([
            name(item), item["subject"]?.string ?? "", item["state"]?.string ?? "",
            UserVerbs.roles(item), item["description"]?.string ?? "",
          ])
        }
        return table.text
      }
    }
  }

  static let get = Verb(
    "account get", "Show a service account", operands: "ACCOUNT", count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let found = try await client.get(path(call))
      form.print(found, name: name) { YAMLText.of(found) }
      return .ok
    }
  }

  static let create = Verb(
    "account create", "Make a service account in a namespace", operands: "ACCOUNT", count: 1...1,
    options: [.init("description", value: "TEXT", "for people")]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      var members: [(String, Value)] = [("name", .string(call.operand(0)))]
      if let text = call.value("description") { members.append(("description", .string(text))) }
      let made = try await client.post(root(call), .object(SortedMap(members)))
      let subject = made["subject"]?.string ?? ""
      form.print(made, name: name) { "made \(subject)" }
      if !call.has("quiet") {
        Terminal.note("give it a role: `millrace role grant \(subject) ROLE`")
      }
      return .ok
    }
  }

  private static func change(_ word: String, _ summary: String) -> Verb {
    Verb("account \(word)", summary, operands: "ACCOUNT", count: 1...1) { call in
      try await withClient(call) { client in
        let form = try OutputForm(call)
        let account = try await client.post(path(call) + "/\(word)", .object([:]))
        form.print(account, name: name) {
          "\(account["subject"]?.string ?? "") is \(account["state"]?.string ?? "")"
        }
        return .ok
      }
    }
  }

  private static func root(_ call: Call) -> String {
    NamespaceVerbs.path(of: call) + "/service-accounts"
  }

  /// The address of the service account that the call names first.
  static func path(_ call: Call) -> String { root(call) + "/\(Client.encoded(call.operand(0)))" }

  private static func name(_ item: Value) -> String { item["name"]?.string ?? "" }
}
