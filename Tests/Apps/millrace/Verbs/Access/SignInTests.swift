import Foundation
import Glibc
import Testing

/// Signing in and what it means for the calls behind it, against a real server.
@Suite struct SignInTests {
  private static let password = "seven rivers run east\n"

  private struct Scene {
    let dev: DevProcess

    init() async throws {
      dev = try await DevProcess.start()
      #expect(try await dev.run("auth", "register", "ann", input: SignInTests.password).code == 0)
      #expect(try await dev.run("auth", "login", "ann", input: SignInTests.password).code == 0)
    }

    var file: String { "\(dev.files.path)/millrace/sign-ins.json" }

    /// A call of the local user, who administers everything.
    func admin(_ arguments: String...) async throws -> Command.Ending {
      let settings = dev.files.read("millrace/dev.json")
      let token = settings.split(separator: "\"").first { $0.hasPrefix("mr_dev_") } ?? ""
      return try await Command(
        arguments: arguments,
        environment: ["XDG_CONFIG_HOME": dev.files.path, "MILLRACE_TOKEN": String(token)]
      ).run()
    }

    /// Changes a member of the one sign-in that there is.
    func change(_ member: String, to value: String) throws {
      let text = dev.files.read("millrace/sign-ins.json")
      let pattern = try Regex("\"\(member)\":\"[^\"]*\"")
      try dev.files.write(
        "millrace/sign-ins.json", text.replacing(pattern, with: "\"\(member)\":\"\(value)\""))
    }
  }

  /// Goal: whoever signs in is themselves from then on, until they sign out.
  @Test func `calls are those of whoever signed in, until they sign out`() async throws {
    let scene = try await Scene()
    #expect(try await scene.dev.run("auth", "whoami", "-o", "name").out == "ann\n")
    let attributes = try FileManager.default.attributesOfItem(atPath: scene.file)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let denied = try await scene.dev.run("run", "list")
    #expect(denied.code == 5)
    #expect(denied.err.contains("millrace namespace list"))
    #expect(try await scene.dev.run("auth", "logout").code == 0)
    #expect(try await scene.dev.run("auth", "whoami", "-o", "name").out == "admin@local\n")
    #expect(try await scene.dev.run("auth", "logout").code == 6)
    #expect(await scene.dev.stop() == 0)
  }

  /// Goal: a role that is given later holds without signing in again.
  @Test func `a role that is given holds for the sign-in that there is`() async throws {
    let scene = try await Scene()
    #expect(try await scene.admin("role", "grant", "ann", "viewer").code == 0)
    #expect(
      try await eventually { try await scene.dev.run("run", "list", "-o", "name").code == 0 })
    let refused = try await scene.dev.run("run", "start", "hello")
    #expect(refused.code == 4)
    #expect(refused.err.contains("millrace auth whoami"))
    #expect(try await scene.admin("role", "grants", "-o", "name").out == "ann\n")
    #expect(try await scene.admin("role", "revoke", "ann").code == 0)
    #expect(try await eventually { try await scene.dev.run("run", "list").code == 5 })
    #expect(await scene.dev.stop() == 0)
  }

  /// Goal: a refresh token is good once: calls at the same time renew the sign-in together.
  @Test func `an access token that has ended is renewed once, by many calls at once`() async throws
  {
    let scene = try await Scene()
    try scene.change("expiresAt", to: "2020-01-01T00:00:00.000Z")
    let codes = try await withThrowingTaskGroup(of: Int32.self) { group in
      for _ in 0..<6 { group.addTask { try await scene.dev.run("auth", "whoami").code } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(codes == [0, 0, 0, 0, 0, 0])
    #expect(!scene.dev.files.read("millrace/sign-ins.json").contains("2020-01-01"))
    #expect(await scene.dev.stop() == 0)
  }

  /// Goal: nobody becomes somebody else when their sign-in ends.
  @Test func `a sign-in that has ended says so, and who it was`() async throws {
    let scene = try await Scene()
    try scene.change("expiresAt", to: "2020-01-01T00:00:00.000Z")
    try scene.change("refreshToken", to: "mr_rt_gone")
    let ended = try await scene.dev.run("run", "list")
    #expect(ended.code == 4)
    #expect(ended.err.contains("the sign-in of ann"))
    #expect(ended.err.contains("millrace auth login ann"))
    chmod(scene.file, 0o644)
    let open = try await scene.dev.run("run", "list")
    #expect(open.code == 4)
    #expect(open.err.contains("chmod 600"))
    #expect(await scene.dev.stop() == 0)
  }

  /// Goal: what administrators do, word by word; tokens come once and work.
  @Test func `users, namespaces, accounts and tokens are kept from the command line`() async throws
  {
    let scene = try await Scene()
    let admin = scene.admin
    #expect(try await admin("namespace", "create", "payments").out == "made payments\n")
    #expect(try await admin("account", "create", "ci", "-n", "payments", "-q").code == 0)
    #expect(
      try await admin("role", "grant", "ci@payments", "runner", "-n", "payments").code == 0)
    let token = try await admin("account", "token", "create", "ci", "-n", "payments", "-q").out
    #expect(token.hasPrefix("mr_sat_"))
    let file = try scene.dev.files.write("token", token)
    let me = try await scene.dev.run("auth", "whoami", "-o", "name", "--token-file", file)
    #expect(me.out == "ci@payments\n")
    let list = try await admin("account", "token", "list", "ci", "-n", "payments", "-o", "name").out
    let id = list.trimmingCharacters(in: .newlines)
    #expect(try await admin("account", "token", "revoke", "ci", id, "-n", "payments").code == 0)
    #expect(
      try await eventually {
        try await scene.dev.run("auth", "whoami", "--token-file", file).code == 4
      })
    #expect(try await admin("user", "disable", "ann").out == "ann is disabled\n")
    #expect(
      try await scene.dev.run("auth", "login", "ann", input: Self.password).code == 4)
    let audit = try await admin("audit", "list", "--everywhere", "-o", "jsonl").out
    #expect(audit.contains("POST /v1/users/{user}/disable"))
    #expect(await scene.dev.stop() == 0)
  }
}
