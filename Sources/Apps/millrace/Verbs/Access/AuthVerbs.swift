internal import Domain
internal import Ports

/// Verbs about who one is: signing in and out, one's own tokens.
enum AuthVerbs {
  static let all: [Verb] = [register, login, logout, whoAmI, password] + TokenVerbs.own

  static let register = Verb(
    "auth register", "Make a user of one's own", operands: "NAME", count: 1...1,
    options: [
      Password.option,
      .init("invitation-file", value: "FILE", "with the invitation in this file"),
      .init("first-admin-token-file", value: "FILE", "as the first administrator, by this token"),
    ],
    examples: ["millrace auth register ann"]
  ) { call in
    var members: [(String, Value)] = [("name", .string(call.operand(0)))]
    for (option, member) in [
      ("invitation-file", "invitation"), ("first-admin-token-file", "firstAdminToken"),
    ] {
      if let file = call.value(option) {
        members.append((member, .string(try TokenFile.read(file))))
      }
    }
    let password = try Password.read(call, "Password (15 characters or more)")
    members.append(("password", .string(password)))
    let body = Value.object(SortedMap(members))
    return try await withServer(call) { client in
      let form = try OutputForm(call)
      let made = try await client.anonymous.post("/v1/auth/register", body)
      form.print(made, name: name) { "registered \(name(made))" }
      if !call.has("quiet") { Terminal.note("sign in with `millrace auth login \(name(made))`") }
      return .ok
    }
  }

  static let login = Verb(
    "auth login", "Sign in; later calls to the same server are yours", operands: "NAME",
    count: 1...1, options: [Password.option], examples: ["millrace auth login ann"]
  ) { call in
    let body = Value.object([
      "name": .string(call.operand(0)), "password": .string(try Password.read(call, "Password")),
    ])
    return try await withServer(call) { client in
      let form = try OutputForm(call)
      let file = SignInFile(call.environment)
      let answer = try await client.anonymous.post("/v1/auth/login", body)
      let signIn = try SignInFile.SignIn(answer, now: client.time.now())
      try await file.locked(waitingOn: client.time) { try file.set(signIn, at: client.url) }
      let shown = Value.object(["name": .string(signIn.name), "url": .string(client.url)])
      form.print(shown, name: name) { "signed in to \(client.url) as \(signIn.name)" }
      return .ok
    }
  }

  static let logout = Verb("auth logout", "End the sign-in at a server") { call in
    try await withServer(call) { client in
      let file = SignInFile(call.environment)
      guard let signIn = try file.signIn(at: client.url) else {
        throw Failure(
          .conflict, "nobody is signed in to \(client.url)",
          hint: "`millrace auth whoami` shows whom the server sees")
      }
      do {
        let current = try await client.signedIn(call)
        _ = try await current.send("POST", "/v1/auth/logout")
      } catch let failure as Failure where failure.code == .notAllowed {
        // It has ended already.
      } catch let failure as Failure where failure.code == .unreachable {
        Terminal.note("the server could not be told: \(failure.what)")
      }
      try await file.locked(waitingOn: client.time) { try file.set(nil, at: client.url) }
      if !call.has("quiet") { Terminal.note("signed out \(signIn.name)") }
      return .ok
    }
  }

  static let whoAmI = Verb("auth whoami", "Show whom the server sees, and what they may do where") {
    call in
    try await withClient(call) { client in
      let form = try OutputForm(call)
      let me = try await client.get("/v1/auth/whoami")
      form.print(me, name: name) { text(me, client.url) }
      return .ok
    }
  }

  private static func text(_ me: Value, _ url: String) -> String {
    var lines = ["\(name(me))  \(me["kind"]?.string ?? "")  at \(url)"]
    let everywhere = words(me["permissions"])
    if !everywhere.isEmpty { lines.append("everywhere  \(everywhere)") }
    if case .object(let namespaces)? = me["namespaces"] {
      for (namespace, permissions) in namespaces {
        lines.append("\(namespace)  \(words(permissions))")
      }
    }
    if lines.count == 1 { lines.append("no permissions yet: an administrator gives roles") }
    return lines.joined(separator: "\n")
  }

  static let password = Verb(
    "auth password", "Change one's password; ends all sign-ins of the user",
    options: [
      Password.option,
      .init("new-password-file", value: "FILE", "read the new password from it"),
    ]
  ) { call in
    let old = try Password.read(call, "Present password")
    let new = try Password.read(
      call, "New password (15 characters or more)", option: "new-password-file")
    return try await withClient(call) { client in
      _ = try await client.post(
        "/v1/auth/password", .object(["password": .string(old), "newPassword": .string(new)]))
      let file = SignInFile(call.environment)
      try await file.locked(waitingOn: client.time) { try file.set(nil, at: client.url) }
      if !call.has("quiet") { Terminal.note("changed; sign in again with the new one") }
      return .ok
    }
  }

  private static func name(_ item: Value) -> String { item["name"]?.string ?? "" }
}

/// The strings of a list, for people.
func words(_ list: Value?) -> String {
  (list?.items ?? []).compactMap(\.string).joined(separator: ", ")
}

extension Client {
  /// The same server without credentials.
  var anonymous: Client { Client(network: network, time: time, url: url, token: nil) }
}

/// Runs a verb that signs in or out: it must not use the sign-in before.
func withServer(
  _ call: Call, _ body: @escaping @Sendable (Client) async throws -> ExitCode
) async throws -> ExitCode {
  let runtime = try Runtime(call.environment)
  let client = try Client(call, on: runtime)
  return try await runtime.run { try await body(client) }
}
