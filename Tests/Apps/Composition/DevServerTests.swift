import Composition
import Domain
import Foundation
import Glibc
import HTTPAdapter
import Ports
import SystemAdapter
import Testing

/// Everything put together in one process.
@Suite(.serialized) struct DevServerTests {
  private func answer(_ server: DevServer, _ path: String, token: String? = nil) async throws
    -> (status: Int, body: String)
  {
    let loop = try EventLoop(name: "client")
    loop.start()
    defer { loop.stop() }
    let pool = BlockingPool(name: "names", threads: 1, waitingMax: 8)
    let network = LocalNetwork(
      on: loop, time: SystemTime(on: loop), pool: pool,
      telemetry: StandardErrorTelemetry(level: .error))
    let call = HTTPCall(
      method: "GET", url: server.url + path,
      fields: HTTPFields([HTTPField("Authorization", "Bearer \(token ?? server.token)")]))
    return try await loop.root {
      let answer = try await network.send(call)
      var bytes: [UInt8] = []
      while let piece = try await answer.body.next() { bytes += piece }
      return (answer.status, String(decoding: bytes, as: UTF8.self))
    }.value
  }

  /// Starts a run and waits for its end.
  private func start(_ workflow: String, _ server: DevServer) async throws -> Int {
    let loop = try EventLoop(name: "client")
    loop.start()
    defer { loop.stop() }
    let network = LocalNetwork(
      on: loop, time: SystemTime(on: loop),
      pool: BlockingPool(name: "names", threads: 1, waitingMax: 8),
      telemetry: StandardErrorTelemetry(level: .error))
    let call = HTTPCall(
      method: "POST", url: server.url + "/v1/runs?wait=20s",
      fields: HTTPFields([
        HTTPField("Authorization", "Bearer \(server.token)"),
        HTTPField("Content-Type", "application/json"),
      ]), body: Array("{\"workflow\":\"\(workflow)\"}".utf8))
    return try await loop.root {
      let answer = try await network.send(call)
      while try await answer.body.next() != nil {}
      return answer.status
    }.value
  }

  private func configuration(_ data: String? = nil) -> DevConfiguration {
    var configuration = DevConfiguration()
    configuration.port = 0
    configuration.dataDirectory = data
    return configuration
  }

  @Test func `a server starts, serves its user alone, and stops`() async throws {
    signal(SIGPIPE, SIG_IGN)
    var settings = configuration()
    settings.sample = "version: 1\nid: one\ntasks: {a: {run: [a]}}\n"
    let server = try await DevServer.start(settings)
    #expect(try await answer(server, "/healthz").status == 200)
    let list = try await answer(server, "/v1/workflows")
    #expect(list.status == 200)
    #expect(list.body.contains("\"one\""))
    #expect(try await answer(server, "/v1/workflows", token: "other").status == 401)
    await server.stop()
    await #expect(throws: (any Error).self) { try await answer(server, "/healthz") }
  }

  /// Goal: what happens is counted, under the names of docs/metrics.md, and told to users alone.
  @Test func `a run shows in the metrics`() async throws {
    signal(SIGPIPE, SIG_IGN)
    var settings = configuration()
    settings.sample = "version: 1\nid: one\ntasks: {a: {call: noop}}\n"
    let server = try await DevServer.start(settings)
    #expect(try await answer(server, "/metrics", token: "other").status == 401)
    _ = try await start("one", server)
    let wanted = [
      "millrace_runs_ended_total{outcome=\"succeeded\"} 1",
      "millrace_attempts_ended_total{pool=\"default\",result=\"succeeded\"} 1",
      "millrace_attempt_wait_seconds_count{pool=\"default\"} 1",
      "millrace_run_seconds_count{outcome=\"succeeded\"} 1",
      "millrace_http_request_seconds_count{method=\"POST\",route=\"/v1/runs\",status=\"202\"} 1",
    ]
    let metrics = try await answer(server, "/metrics").body
    for line in wanted { #expect(metrics.contains("\n\(line)\n"), "\(line)") }
    await server.stop()
  }

  @Test func `two servers in one process have nothing in common`() async throws {
    signal(SIGPIPE, SIG_IGN)
    let folder = NSTemporaryDirectory() + "millrace-dev-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var settings = configuration("\(folder)/one")
    settings.sample = "version: 1\nid: one\ntasks: {a: {run: [a]}}\n"
    let one = try await DevServer.start(settings)
    let other = try await DevServer.start(configuration("\(folder)/other"))
    #expect(one.url != other.url)
    #expect(one.token != other.token)
    #expect(try await answer(one, "/v1/workflows").body.contains("\"one\""))
    #expect(try await !answer(other, "/v1/workflows").body.contains("\"one\""))
    #expect(try await answer(other, "/v1/workflows", token: one.token).status == 401)
    await one.stop()
    #expect(try await answer(other, "/healthz").status == 200)
    await other.stop()

    let again = try await DevServer.start(configuration("\(folder)/one"))
    #expect(try await answer(again, "/v1/workflows").body.contains("\"one\""))
    await again.stop()
  }

  @Test func `settings that are of no use are refused before anything starts`() async throws {
    let harms: [(String, @Sendable (inout DevConfiguration) -> Void)] = [
      ("folder is empty", { $0.dataDirectory = "" }), ("no address", { $0.host = "" }),
      ("no address", { $0.host = "a b" }), ("no port", { $0.port = 65_536 }),
      ("no port", { $0.port = -1 }), ("slots", { $0.slots = 0 }),
      ("slots", { $0.slots = 10_001 }),
      ("no address for traces", { $0.observation.receiver = "collector:4317" }),
      ("no certificates", { $0.observation.receiver = "https://collector:4317" }),
      ("log level", { $0.observation.level = "loud" }),
    ]
    for (word, harm) in harms {
      var settings = configuration()
      harm(&settings)
      let failure = await #expect(throws: StartFailure.self) { try await DevServer.start(settings) }
      #expect(failure?.what.contains(word) == true, "\(String(describing: failure))")
      #expect(failure?.hint.isEmpty == false)
    }
  }
}
