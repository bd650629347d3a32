internal import Domain
internal import Ports

/// Verbs about secrets: they are set and used, and nobody reads them.
enum SecretVerbs {
  static let all: [Verb] = [set, list, get, remove]

  static let set = Verb(
    "secret set", "Set a secret of a namespace; its value comes from a file, a terminal or stdin",
    operands: "NAME", count: 1...1,
    options: [
      .init("file", value: "FILE", "read the value from it (default: asked for; - is stdin)")
    ],
    examples: [
      "millrace secret set DEPLOY_KEY --file id_ed25519 -n payments",
      "pass show db | millrace secret set DB_PASSWORD",
    ]
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let body = Value.object(["value": .string(try value(call))])
      let made = try await client.put(path(call), body)
      form.print(made, name: name) {
        "\(name(made)) has version \(made["version"]?.text ?? "") "
          + "(\(made["fingerprint"]?.string ?? ""))"
      }
      return .ok
    }
  }

  static let list = Verb(
    "secret list", "List the secrets of a namespace, without their values", options: Verb.paging
  ) { call in
    try await withClient(call) { client in
      try await AccessList(call: call, client: client).show(root(call), name: name) { items in
        var table = Table(["SECRET", "VERSION", "FINGERPRINT", "CHANGED", "BY"])
        for item in items {
          table.add([
            name(item), item["version"]?.text ?? "", item["fingerprint"]?.string ?? "",
            Times.ago(item["updatedAt"], now: client.time.now()),
            item["updatedBy"]?.string ?? "",
          ])
        }
        return table.text
      }
    }
  }

  static let get = Verb(
    "secret get", "Show what is known of a secret, without its value", operands: "NAME",
    count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let found = try await client.get(path(call))
      form.print(found, name: name) { YAMLText.of(found) }
      return .ok
    }
  }

  static let remove = Verb(
    "secret rm", "Remove a secret: runs that want it fail from now on", operands: "NAME",
    count: 1...1
  ) { call in
    try await withClient(call) { client in
      _ = try await client.send("DELETE", path(call))
      if !call.has("quiet") { Terminal.note("removed \(call.operand(0))") }
      return .ok
    }
  }

  /// A value of one line ends with the line; of more it is taken as it is, since keys in files want
  /// their last line break.
  private static func value(_ call: Call) throws -> String {
    guard call.value("file") != nil || !Terminal.isTerminal(0) else {
      return try Password.read(call, "value of \(call.operand(0))", option: "file")
    }
    let place = call.value("file") ?? "-"
    guard let text = String(validating: try LocalFiles.read(place), as: UTF8.self) else {
      throw Failure(
        .invalid, "\(place == "-" ? "standard input" : place) is not UTF-8",
        hint: "encode it first, such as with base64")
    }
    let lines = text.split(separator: /\r?\n/, omittingEmptySubsequences: false)
    return lines.count == 2 && lines[1].isEmpty ? String(lines[0]) : text
  }

  private static func root(_ call: Call) -> String { NamespaceVerbs.path(of: call) + "/secrets" }

  private static func path(_ call: Call) -> String {
    root(call) + "/\(Client.encoded(call.operand(0)))"
  }

  private static func name(_ item: Value) -> String { item["name"]?.string ?? "" }
}
