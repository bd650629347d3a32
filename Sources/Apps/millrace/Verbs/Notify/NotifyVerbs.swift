internal import Domain
internal import Ports

/// Verbs about notifications.
enum NotifyVerbs {
  static let all: [Verb] =
    [subscribe, list, get, test] + moves + [rotate, delete, history, show, redeliver]

  static let mailServer = Verb.Option(
    "mail", value: "URL", "send mail through smtp://HOST:PORT (MILLRACE_MAIL)")
  static let mailFrom = Verb.Option(
    "mail-from", value: "ADDRESS", "who mail is from (default: millrace@localhost)")

  static let retry = Verb.Option(
    "notify-retry", value: "LENGTH,…",
    "waits between attempts of a message (MILLRACE_NOTIFY_RETRY; default: 10s,5m,1h,5h,15h)")

  private static let root = "/v1/notifications"

  // MARK: Subscriptions

  static let subscribe = Verb(
    "notify subscribe", "Tell people by mail, or a program by webhook, how runs end",
    operands: "NAME", count: 1...1,
    options: [
      .init("webhook", value: "URL", "post to this address"),
      .init("email", value: "ADDRESS", isRepeatable: true, "mail to this address"),
      .init(
        "event", short: "e", value: "EVENT", isRepeatable: true,
        "finished, failed or recovered (default: failed and recovered)"),
      .init("workflow", short: "w", value: "NAME", isRepeatable: true, "only of this workflow"),
      .init("label", short: "l", value: "KEY=VALUE", isRepeatable: true, "only with this label"),
      .init("description", value: "TEXT", "for people"),
    ],
    examples: [
      "millrace notify subscribe oncall --email oncall@example.org",
      "millrace notify subscribe deploy-bot --webhook https://bot.example.org/in -e finished",
    ]
  ) { call in
    let body = try subscription(call)
    return try await withClient(call) { client in
      let form = try OutputForm(call)
      let made = try await client.post("\(root)/subscriptions", body)
      form.print(made, name: name) { text(made) }
      if !call.has("quiet"), made["secret"] != nil {
        Terminal.note("keep the secret: it is not shown again")
      }
      return .ok
    }
  }

  private static func subscription(_ call: Call) throws -> Value {
    var members: [(String, Value)] = [("name", .string(call.operand(0)))]
    if let namespace = call.value("namespace") { members.append(("namespace", .string(namespace))) }
    if let text = call.value("description") { members.append(("description", .string(text))) }
    if let url = call.value("webhook") {
      members.append(("webhook", .object(["url": .string(url)])))
    }
    for (option, member) in [("email", "email"), ("event", "events"), ("workflow", "workflows")] {
      let values = call.all(option)
      if !values.isEmpty { members.append((member, .array(values.map(Value.string)))) }
    }
    let labels = try call.pairs("label")
    if !labels.isEmpty {
      members.append(("labels", .object(SortedMap(labels.map { ($0.0, .string($0.1)) }))))
    }
    return .object(SortedMap(members))
  }

  static let list = Verb(
    "notify list", "List subscriptions by name", options: Verb.paging
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let page = try await client.get(
        "\(root)/subscriptions",
        query: [
          ("namespace", call.value("namespace")), ("limit", call.value("limit")),
          ("cursor", call.value("cursor")),
        ])
      let items = page["items"]?.items ?? []
      form.print(items, name: name) {
        var table = Table(["NAME", "STATE", "EVENTS", "TO", "WHY"])
        for item in items {
          table.add([
            name(item), item["state"]?.string ?? "", words(item["events"]), target(item),
            item["reason"]?["code"]?.string ?? "",
          ])
        }
        return table.text
      }
      hintAtMore(page, call)
      return .ok
    }
  }

  static let get = Verb(
    "notify get", "Show a subscription", operands: "NAME", count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let found = try await client.get(path(call), query: namespace(call))
      form.print(found, name: name) { YAMLText.of(found) }
      return .ok
    }
  }

  static let test = Verb(
    "notify test", "Send a message that says nothing but that it is a test", operands: "NAME",
    count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let answer = try await client.post(
        path(call) + "/test", query: namespace(call), .object([:]))
      let items = answer["deliveries"]?.items ?? []
      form.print(items, name: id) {
        items.map { "\(id($0)) is on its way: millrace notify show \(id($0))" }
          .joined(separator: "\n")
      }
      return .ok
    }
  }

  private static let moves = [
    move("pause", "Hold messages back until it is resumed"),
    move("resume", "Send again, and what was held back"),
  ]

  private static func move(_ word: String, _ summary: String) -> Verb {
    Verb("notify \(word)", summary, operands: "NAME", count: 1...1) { call in
      try await withClient(call) { client in
        let form = try OutputForm(call)
        let moved = try await client.post(
          path(call) + "/\(word)", query: namespace(call), .object([:]))
        form.print(moved, name: name) { "\(name(moved)) is \(moved["state"]?.string ?? "")" }
        return .ok
      }
    }
  }

  static let rotate = Verb(
    "notify rotate", "Make a new secret; the old one is good for another day", operands: "NAME",
    count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let rotated = try await client.post(
        path(call) + "/rotate", query: namespace(call), .object([:]))
      form.print(rotated, name: name) { rotated["secret"]?.string ?? "" }
      if !call.has("quiet") { Terminal.note("keep the secret: it is not shown again") }
      return .ok
    }
  }

  static let delete = Verb(
    "notify delete", "Delete a subscription", operands: "NAME", count: 1...1
  ) { call in
    try await withClient(call) { client in
      _ = try await client.send("DELETE", path(call), query: namespace(call))
      if !call.has("quiet") { Terminal.note("deleted \(call.operand(0))") }
      return .ok
    }
  }

  // MARK: History

  static let history = Verb(
    "notify history", "List messages, the newest first",
    options: [
      .init("subscription", short: "s", value: "NAME", "of this subscription"),
      .init("run", value: "RUN", "about this run"),
      .init("state", value: "STATE", "waiting, sending, delivered, failed or unknown"),
    ] + Verb.paging
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let page = try await client.get(
        "\(root)/deliveries",
        query: ["namespace", "subscription", "run", "state", "limit", "cursor"].map {
          ($0, call.value($0))
        })
      let items = page["items"]?.items ?? []
      form.print(items, name: id) {
        var table = Table(["MESSAGE", "STATE", "EVENT", "RUN", "TO", "TRIES", "AGE", "WHY"])
        for item in items {
          table.add([
            id(item), item["state"]?.string ?? "", item["event"]?.string ?? "",
            item["run"]?.string ?? "-", item["email"]?.string ?? "webhook",
            "\(item["attemptCount"]?.number ?? 0)",
            Times.ago(item["createdAt"], now: client.time.now()),
            item["reason"]?["message"]?.string ?? "",
          ])
        }
        return table.text
      }
      hintAtMore(page, call)
      return .ok
    }
  }

  static let show = Verb(
    "notify show", "Show a message and its attempts", operands: "MESSAGE", count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let found = try await client.get(message(call))
      form.print(found, name: id) { YAMLText.of(found) }
      return .ok
    }
  }

  static let redeliver = Verb(
    "notify redeliver", "Send a message again", operands: "MESSAGE", count: 1...1
  ) { call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let again = try await client.post(message(call) + "/redeliver", .object([:]))
      form.print(again, name: id) { "\(id(again)) is on its way again" }
      return .ok
    }
  }

  // MARK: Parts

  private static func path(_ call: Call) -> String {
    "\(root)/subscriptions/\(Client.encoded(call.operand(0)))"
  }

  private static func message(_ call: Call) -> String {
    "\(root)/deliveries/\(Client.encoded(call.operand(0)))"
  }

  private static func namespace(_ call: Call) -> [(String, String?)] {
    [("namespace", call.value("namespace"))]
  }

  private static func name(_ item: Value) -> String { item["name"]?.string ?? "" }
  private static func id(_ item: Value) -> String { item["id"]?.string ?? "" }

  private static func words(_ list: Value?) -> String {
    (list?.items ?? []).compactMap(\.string).joined(separator: ", ")
  }

  private static func target(_ item: Value) -> String {
    item["webhook"]?["url"]?.string ?? words(item["email"])
  }

  private static func text(_ item: Value) -> String {
    let secret = item["secret"]?.string.map { "\nsecret: \($0)" } ?? ""
    return "\(name(item)) tells \(target(item)) of \(words(item["events"]))\(secret)"
  }
}
