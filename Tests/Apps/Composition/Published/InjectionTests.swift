import Composition
import Domain
import Foundation
import Glibc
import HTTPAdapter
import Ports
import SystemAdapter
import TestSupport
import Testing

/// T-INJ: texts that mean something to databases, shells, templates and headers, in every place of
/// the whole interface where a text may be.
@Suite(.timeLimit(.minutes(10)))
struct InjectionTests {
  private struct Client: Sendable {
    let network: LocalNetwork
    let server: DevServer

    func send(_ method: String, _ target: String, _ body: [UInt8] = []) async throws -> (
      status: Int, body: [UInt8]
    ) {
      var fields = [HTTPField("Authorization", "Bearer \(server.token)")]
      if !body.isEmpty { fields.append(HTTPField("Content-Type", "application/json")) }
      let answer = try await network.send(
        HTTPCall(
          method: method, url: server.url + target, fields: HTTPFields(fields), body: body))
      return (answer.status, try await answer.body.collect())
    }

    /// Whatever belongs to a namespace in which nobody does anything.
    func bystander() async throws -> [String] {
      var found: [String] = []
      for target in [
        "/v1/workflows?namespace=other", "/v1/runs?namespace=other", "/v1/jobs?namespace=other",
        "/v1/artifacts?namespace=other", "/v1/notifications/subscriptions?namespace=other",
        "/v1/namespaces/other", "/v1/namespaces/other/secrets", "/v1/namespaces/other/grants",
        "/v1/namespaces/other/service-accounts",
      ] {
        let answer = try await send("GET", target)
        found.append("\(target) \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
      }
      return found
    }
  }

  private struct Tally: Sendable {
    var requests = 0
    var refused = 0
    var returned = 0
    var faults: [String] = []
  }

  /// What leads to the same place in the answer, if the answer shows it at all.
  private static func shown(_ body: [UInt8], at path: [String]) -> String? {
    guard var value = try? Value(json: String(decoding: body, as: UTF8.self)) else { return nil }
    for step in path {
      switch value {
      case .object(let members): value = members[step == "{}" ? "a" : step] ?? .null
      case .array(let items): value = items.first ?? .null
      default: return nil
      }
    }
    if case .string(let text) = value { return text }
    return nil
  }

  private static func judge(
    _ request: InjectionRequest, _ status: Int, _ body: [UInt8], _ tally: inout Tally
  ) {
    tally.requests += 1
    let said = "\(request.place): \(request.payload.debugDescription) gives \(status)"
    if status >= 500 || status < 200 || (request.isWrong && status < 400) {
      tally.faults.append(said)
    }
    if status >= 400 { tally.refused += 1 }
    guard status < 300, !request.path.isEmpty, let shown = shown(body, at: request.path) else {
      return
    }
    tally.returned += 1
    // Compared byte by byte: to Swift two spellings of a letter are the same.
    if Array(shown.utf8) != Array(request.payload.utf8) {
      tally.faults.append("\(said) and comes back as \(shown.debugDescription)")
    }
  }

  /// Things to be aimed at, and things beside them that must not be hit.
  private static func prepare(_ client: Client) async throws -> String {
    for (method, target, body) in [
      ("POST", "/v1/namespaces", #"{"name":"other"}"#),
      ("PUT", "/v1/namespaces/other/secrets/KEY", #"{"value":"a value of theirs"}"#),
      ("POST", "/v1/namespaces/other/service-accounts", #"{"name":"theirs"}"#),
      ("PUT", "/v1/namespaces/default/secrets/KEY", #"{"value":"a value of ours"}"#),
      (
        "POST", "/v1/notifications/subscriptions",
        #"{"name":"theirs","namespace":"other","webhook":{"url":"http://127.0.0.1:1/"}}"#
      ),
    ] {
      let answer = try await client.send(method, target, Array(body.utf8))
      #expect(answer.status == 201, "\(target): \(answer.status)")
    }
    let run = try await client.send(
      "POST", "/v1/runs?wait=20s", Array(#"{"workflow":"hello"}"#.utf8))
    return shown(run.body, at: ["id"]) ?? shown(run.body, at: ["run"]) ?? "none"
  }

  @Test func `no text means anything but itself, wherever it is put`() async throws {
    signal(SIGPIPE, SIG_IGN)
    var settings = DevConfiguration()
    settings.port = 0
    settings.observation.level = "error"
    settings.sample = "version: 1\nid: hello\ntasks: {a: {call: noop}}\n"
    let server = try await DevServer.start(settings)
    let loop = try EventLoop(name: "client")
    loop.start()
    defer { loop.stop() }
    let client = Client(
      network: LocalNetwork(
        on: loop, time: SystemTime(on: loop),
        pool: BlockingPool(name: "names", threads: 1, waitingMax: 8),
        telemetry: StandardErrorTelemetry(level: .error)), server: server)
    let run = try await loop.root { try await Self.prepare(client) }.value
    #expect(run.hasPrefix("run_"))
    let requests = InjectionRequests(
      description: try APIDescription(),
      known: [
        "namespace": "default", "workflow": "hello", "run": run, "task": "a", "secret": "KEY",
      ]
    ).all
    let tally = try await loop.root {
      let before = try await client.bystander()
      var tally = Tally()
      for request in requests {
        let answer = try await client.send(request.method, request.target, request.body)
        Self.judge(request, answer.status, answer.body, &tally)
      }
      let after = try await client.bystander()
      for (one, other) in zip(before, after) where one != other {
        tally.faults.append("\(one) became \(other)")
      }
      return tally
    }.value
    #expect(tally.faults == [])
    #expect(Set(requests.map(\.place)).count >= 150)
    #expect(tally.returned >= 50)
    await server.stop()
    SecurityTest.injection.report(
      "\(tally.requests) requests, \(InjectionRequests.payloads.count) texts in "
        + "\(Set(requests.map(\.place)).count) places: \(tally.refused) refused, "
        + "\(tally.returned) came back as they were, \(tally.faults.count) faults")
  }
}
