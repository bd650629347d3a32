import Foundation
import Ports
import SystemAdapter
import TestSupport
import Testing

/// T-CANARY: what nobody may see is given to the whole platform in every way that there is, and is
/// then in nothing that it has written down or answered.
@Suite(.timeLimit(.minutes(5)))
struct CanaryTests {
  private static let password = #"cAnary"pass/word+41 öä"#
  private static let nextPassword = #"cAnary"next/word+42 öä"#
  private static let secret = #"cAnary"sec/ret+43=\tail"#
  private static let header = "cAnaryheader44/+"
  private static let query = "cAnaryquery45token"
  private static let environment = "cAnaryenvironment46"

  private static func json(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  private static func workflow(_ url: String) -> String {
    #"""
    version: 1
    id: canary
    secrets: [CANARY]
    tasks:
      shout:
        run:
          - sh
          - -c
          - 'echo "$KEY"; echo "$KEY" >&2; printf %s "$KEY" | base64 -w0; echo;
            printf x%s "$KEY" | base64 -w0; echo; printf %s "$KEY" | od -An -v -tx1 | tr -d " \n";
            echo; env; echo "value=$KEY" > $MILLRACE_OUTPUTS'
        env: {KEY: "${{ secrets.CANARY }}"}
        outputs: {value: string}
      fail:
        run: [sh, -c, 'echo "$KEY" >&2; echo "$KEY=x y" > $MILLRACE_OUTPUTS']
        env: {KEY: "${{ secrets.CANARY }}"}
      call:
        http:
          url: URL/v1/workflows
          headers: {Authorization: "Bearer ${{ secrets.CANARY }}", X-Key: "${{ secrets.CANARY }}"}

    """#.replacing("URL", with: url)
  }

  /// The server, its administrator, and all that has been given to it.
  private struct Scene {
    let dev: DevProcess
    let client: APIClient
    let admin: String
    var canaries: [Canary]

    init() async throws {
      let files = try Folder()
      dev = try await DevProcess.start(
        // Nobody takes the spans, but the log has all of them.
        [
          "--data", files.path + "/data", "--log", "debug", "--otlp", "http://127.0.0.1:1",
          "--trace-share", "1",
        ], in: files,
        environment: ["MILLRACE_CANARY": CanaryTests.environment])
      client = try APIClient(dev.url)
      let settings = dev.files.read("millrace/dev.json")
      admin = String(settings.split(separator: "\"").first { $0.hasPrefix("mr_dev_") } ?? "")
      canaries = [
        Canary(kind: "password", text: CanaryTests.password),
        Canary(kind: "new password", text: CanaryTests.nextPassword),
        Canary(kind: "secret", text: CanaryTests.secret),
        Canary(kind: "header", text: CanaryTests.header),
        Canary(kind: "query of an address", text: CanaryTests.query),
        Canary(kind: "environment", text: CanaryTests.environment),
        Canary(kind: "token of the administrator", text: admin),
      ]
    }

    mutating func keep(_ kind: String, _ text: String) throws {
      try #require(text.utf8.count > 8, "\(kind) is '\(text)'")
      canaries.append(Canary(kind: kind, text: text))
    }
  }

  /// Registers, signs in in wrong and right ways, and gets tokens of every kind.
  private func signIn(_ scene: inout Scene) async throws {
    let client = scene.client
    let (password, next) = (Self.json(Self.password), Self.json(Self.nextPassword))
    let credentials = "{\"name\":\"ann\",\"password\":\(password)}"
    let registered = try await client.call("POST", "/v1/auth/register", credentials)
    #expect(registered.status == 201)
    for body in [
      "{\"name\":\"bob\",\"password\":\(password)}",
      "{\"name\":\"ann\",\"password\":\(password),\"x\":1}", "{\"name\":\"ann\",\"pass\(password)",
      "{\"name\":\"ann\",\"password\":[\(password)]}", "\(password)",
    ] {
      let path = body.contains("bob") ? "/v1/auth/login" : "/v1/auth/register"
      #expect((400..<500).contains(try await client.call("POST", path, body).status))
    }
    var session = try await client.credential("POST", "/v1/auth/login", credentials)
    // The first key may be a moment away.
    _ = try await eventually {
      try await client.credential("POST", "/v1/auth/login", credentials).status == 200
    }
    session = try await client.credential("POST", "/v1/auth/login", credentials)
    let refresh = "{\"refreshToken\":\"\(session["refreshToken"])\"}"
    try scene.keep("refresh token", session["refreshToken"])
    try scene.keep("access token", session["accessToken"])
    session = try await client.credential("POST", "/v1/auth/refresh", refresh)
    try scene.keep("second refresh token", session["refreshToken"])
    let access = session["accessToken"]
    try scene.keep("second access token", access)
    #expect(try await client.call("GET", "/v1/auth/whoami", token: access).status == 200)
    let made = try await client.credential("POST", "/v1/auth/tokens", "{}", token: access)
    try scene.keep("token for programs", made["token"])
    #expect(try await client.call("GET", "/v1/auth/whoami", token: made["token"]).status == 200)
    let changed = try await client.credential(
      "POST", "/v1/auth/password", "{\"password\":\(password),\"newPassword\":\(next)}",
      token: access)
    #expect(changed.status < 300, "\(changed)")
    for (token, path) in [
      (Self.header, "/v1/auth/whoami"), (made["token"] + "x", "/v1/runs"), (access, "/v1/users"),
    ] {
      #expect((400..<500).contains(try await client.call("GET", path, token: token).status))
    }
  }

  /// Secrets of the namespace, fields of requests and addresses with credentials.
  private func hand(over scene: inout Scene) async throws {
    let (client, admin) = (scene.client, scene.admin)
    let path = "/v1/namespaces/default/secrets/CANARY"
    let value = Self.json(Self.secret)
    for (body, status) in [
      ("{\"value\":\(value)}", 201), ("{\"value\":\(value)}", 200), ("{\"value\":[\(value)]}", 400),
      ("{\"value\":\(value),\"other\":\(value)}", 400), ("{\"value\":\(value)", 400),
    ] {
      let answer = try await client.call("PUT", path, body, token: admin)
      #expect(answer.status == status, "\(answer)")
    }
    try await client.call(
      "GET", "/v1/runs",
      fields: [
        HTTPField("Authorization", "Bearer \(admin)"),
        HTTPField("Cookie", "session=\(Self.header)"), HTTPField("X-Api-Key", Self.header),
        HTTPField("Proxy-Authorization", "Basic \(Self.header)"),
      ])
    try await client.call("GET", "/v1/runs?access_token=\(Self.query)", token: admin)
    try await client.call("GET", "/v1/links/x?expires=1&signature=\(Self.query)")
    let order = { (url: String) in "{\"name\":\"hook\",\"webhook\":{\"url\":\"\(url)\"}}" }
    let hooks = "/v1/notifications/subscriptions"
    let refused = try await client.call(
      "POST", hooks, order("https://user:\(Self.query)@example.org/"), token: admin)
    #expect((400..<500).contains(refused.status))
    let made = try await client.credential(
      "POST", hooks, order("http://127.0.0.1:1/in?token=\(Self.query)"), token: admin)
    #expect(made.status == 201, "\(made)")
    let secret = made.text.split(separator: "\"").first { $0.hasPrefix("whsec_") }
    try scene.keep("secret of a webhook", String(secret?.dropFirst("whsec_".count) ?? ""))
    try await client.call("POST", hooks + "/hook/test", token: admin)
  }

  /// A run whose tasks do what they can to give the secret away.
  private func run(_ scene: Scene) async throws {
    let (client, admin) = (scene.client, scene.admin)
    try scene.dev.files.write("canary.yaml", Self.workflow(scene.dev.url))
    let apply = try await scene.dev.run("workflow", "apply", scene.dev.files.path + "/canary.yaml")
    #expect(apply.code == 0, "\(apply.err)")
    let started = try await client.call(
      "POST", "/v1/runs?wait=60s", "{\"workflow\":\"canary\"}", token: admin)
    #expect(started.text.contains("\"failed\""), "\(started)")
    let run = started["id"].isEmpty ? started["run"] : started["id"]
    // What was said has to be there before it can be looked for.
    #expect(
      try await eventually {
        try await client.call("GET", "/v1/runs/\(run)/logs", token: admin).text.contains("***")
      })
    for path in [
      "/v1/runs/\(run)", "/v1/runs/\(run)/tasks", "/v1/runs/\(run)/explain",
      "/v1/runs/\(run)/events", "/v1/runs/\(run)/logs", "/v1/jobs", "/v1/jobs/\(run)",
      "/v1/jobs/\(run)/tasks", "/v1/workflows/default/canary/source",
      "/v1/workflows/default/canary", "/v1/audit", "/v1/users", "/v1/users/ann", "/v1/grants",
      "/v1/namespaces/default/secrets", "/v1/namespaces/default/audit", "/v1/artifacts",
      "/v1/notifications/subscriptions", "/v1/notifications/subscriptions/hook",
      "/v1/notifications/deliveries", "/metrics", "/healthz", "/.well-known/jwks.json",
    ] {
      let answer = try await client.call("GET", path, token: admin)
      #expect(answer.status == 200, "\(path): \(answer.status)")
    }
    for verb in [["run", "show", run], ["run", "logs", run], ["run", "explain", run]] {
      let said = try await Command(
        arguments: verb, environment: ["XDG_CONFIG_HOME": scene.dev.files.path]
      ).run()
      client.answers.withLock {
        $0.append((verb.joined(separator: " "), .init(status: 200, text: said.out + said.err)))
      }
    }
  }

  @Test func `nothing that nobody may see is written down or answered in any form`() async throws {
    var scene = try await Scene()
    try await signIn(&scene)
    try await hand(over: &scene)
    try await run(scene)
    #expect(await scene.dev.stop() == 0)
    let scanner = CanaryScanner(scene.canaries)
    let answers = scene.client.answers.withLock { $0 }
    for (call, answer) in answers {
      #expect(scanner.hits(in: answer.text) == [], "\(call)")
    }
    let data = CanaryScanner.files(below: scene.dev.files.path + "/data")
    let said = ["out", "err"].map { (path: $0, content: Array(scene.dev.files.read($0).utf8)) }
    #expect(data.contains { $0.path.contains("sqlite") || $0.path.contains(".db") })
    var bytes = 0
    for (path, content) in data {
      #expect(scanner.hits(in: content) == [], "\(path)")
      bytes += content.count
    }
    for (path, content) in said { #expect(scanner.hits(in: content) == [], "\(path)") }
    #expect(bytes > 100_000, "\(data.map(\.path))")
    #expect(said.contains { String(decoding: $0.content, as: UTF8.self).contains("span.ended") })
    SecurityTest.canary.report(
      "\(scene.canaries.count) canaries in \(scanner.spellings.count) forms, looked for in "
        + "\(answers.count) answers, \(data.count) files of data and the log: 0 hits")
  }

  /// Goal: a scan that finds nothing means something.
  @Test func `a canary is found in whatever form it is written`() {
    let text = Self.secret
    let scanner = CanaryScanner([Canary(kind: "it", text: text)])
    #expect(scanner.hits(in: "nothing of it, cAnary or so") == [])
    for (form, spelled) in CanaryScanner.forms(of: text) {
      #expect(!scanner.hits(in: "a\u{0}\(spelled)b").isEmpty, "\(form)")
    }
    for before in ["", "a", "ab", "abc", "user:", "Bearer "] {
      let content = Array((before + text + "and more").utf8)
      #expect(!scanner.hits(in: content).isEmpty)
      let encoded = Foundation.Data(content).base64EncodedString()
      #expect(!scanner.hits(in: encoded).isEmpty, "\(before)")
    }
  }
}
