import Contracts
import Domain
import Foundation
import Glibc
import HTTPAdapter
import Ports
import Synchronization
import SystemAdapter
import Testing
import Wire

@testable import Composition

/// M22: one trace spans every service that a run goes through, from the request to whoever is told
/// of its end, across a retry.
@Suite(.serialized) struct PlatformTraceTests {
  /// Takes spans as a collector would, and a webhook as its receiver would.
  private final class Receiver: RPCHandler, HTTPHandler {
    private let found = Mutex<(spans: [TelemetrySpan], hooks: [String])>(([], []))

    var spans: [TelemetrySpan] { found.withLock { $0.spans } }
    /// The places in traces that webhooks named.
    var hooks: [String] { found.withLock { $0.hooks } }

    func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
      guard let traces = try? ExportTraceServiceRequest(decoding: request) else {
        throw RPCError(.invalidArgument, "these are no traces")
      }
      found.withLock {
        $0.spans += traces.resourceSpans.flatMap(\.scopeSpans).flatMap(\.spans)
      }
      return []
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
      found.withLock { $0.hooks += request.fields.all("traceparent") }
      return HTTPResponse(status: 200, fields: [], body: .bytes([]))
    }
  }

  private struct Everyone: RPCGuard {
    func admit(_ request: RPCRequest) async throws(RPCError) {}
  }

  private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  private static let caller = "00f067aa0ba902b7"
  private static let definition = """
    version: 1
    id: twice
    tasks:
      a:
        script: |
          echo "$TRACEPARENT"
          test "$MILLRACE_ATTEMPT" != 1
        retry: {attempts: 2, backoff: {initial: 100ms, jitter: none}}
      b: {needs: [a], call: noop}

    """

  private let loop: EventLoop
  private let time: SystemTime
  private let network: LocalNetwork
  private let receiver = Receiver()

  init() throws {
    signal(SIGPIPE, SIG_IGN)
    loop = try EventLoop(name: "client")
    loop.start()
    time = SystemTime(on: loop)
    network = LocalNetwork(
      on: loop, time: time, pool: BlockingPool(name: "names", threads: 1, waitingMax: 8),
      telemetry: StandardErrorTelemetry(level: .error))
  }

  /// Starts the receiver; it ends with the loop.
  private func listen() async -> String {
    let bound = Ready()
    let (network, receiver) = (network, receiver)
    _ = loop.root {
      await withDiscardingTaskGroup { group in
        group.addTask { try? await network.serve(rpc: TraceServiceMethods.service, receiver) }
        group.addTask {
          try? await network.serve(
            "127.0.0.1:0", receiver,
            exposing: RPCExposure([TraceServiceMethods.service], admits: Everyone())
          ) { address in bound.tell(.success(address)) }
        }
      }
    }
    return (try? await bound.wait().get()) ?? ""
  }

  private func send(
    _ server: DevServer, _ path: String, _ body: String, _ more: [HTTPField] = []
  ) async throws -> Value {
    let fields = [
      HTTPField("Authorization", "Bearer \(server.token)"),
      HTTPField("Content-Type", "application/json"),
    ]
    let call = HTTPCall(
      method: "POST", url: server.url + path, fields: HTTPFields(fields + more),
      body: Array(body.utf8))
    let network = network
    return try await loop.root {
      let answer = try await network.send(call)
      var bytes: [UInt8] = []
      while let piece = try await answer.body.next() { bytes += piece }
      #expect((200..<300).contains(answer.status), "\(String(decoding: bytes, as: UTF8.self))")
      return try Value(json: bytes)
    }.value
  }

  /// Waits until the receiver has what is looked for.
  private func wait(_ what: String, until isThere: @escaping @Sendable (Receiver) -> Bool)
    async throws
  {
    let (time, receiver) = (time, receiver)
    let isDone = try await loop.root {
      for _ in 0..<2_400 {
        if isThere(receiver) { return true }
        try? await time.sleep(for: .milliseconds(50))
      }
      return false
    }.value
    #expect(isDone, "\(what) never came: \(receiver.spans.map(\.name))")
  }

  @Test func `one trace has every hop of a run, across a retry`() async throws {
    let address = await listen()
    var settings = DevConfiguration()
    settings.port = 0
    settings.sample = Self.definition
    settings.observation.receiver = "http://\(address)"
    settings.observation.tracesMillionths = 0
    let server = try await DevServer.start(settings)
    _ = try await send(
      server, "/v1/notifications/subscriptions",
      """
      {"namespace": "default", "name": "all", "events": ["finished"], \
      "webhook": {"url": "http://\(address)/hook"}}
      """)
    let run = try await send(
      server, "/v1/runs?wait=60s", "{\"workflow\": \"twice\"}",
      [HTTPField("traceparent", "00-\(Self.trace)-\(Self.caller)-01")])
    try await wait("the delivery") { $0.spans.contains { $0.name == "deliver webhook" } }
    try await wait("history") { receiver in
      receiver.spans.filter { $0.name == "process workflow.completed" }.count >= 2
    }
    await server.stop()
    loop.stop()

    let spans = receiver.spans
    guard case .object(let members) = run, case .string(let id)? = members["id"],
      let runID = RunID(text: id)
    else {
      Issue.record("\(run)")
      return
    }
    #expect(spans.allSatisfy { $0.traceId.hexadecimal == Self.trace })
    let counts = Dictionary(grouping: spans, by: \.name).mapValues(\.count)
    for (name, count) in [
      ("POST /v1/runs", 1), ("send workflow.started", 1), ("run twice", 1), ("attempt a", 2),
      ("execute a", 2), ("attempt b", 1), ("execute b", 1), ("send task.failed", 1),
      ("send task.completed", 2), ("process task.failed", 1), ("process task.completed", 2),
      ("send workflow.completed", 1), ("deliver webhook", 1),
    ] {
      #expect(counts[name] == count, "\(name): \(counts)")
    }
    // Every span but the first hangs below one that was told of.
    let known = Set(spans.map { $0.spanId.hexadecimal })
    for span in spans where span.name != "POST /v1/runs" {
      #expect(known.contains(span.parentSpanId.hexadecimal), "\(span.name)")
    }
    let first = try #require(spans.first { $0.name == "POST /v1/runs" })
    #expect(first.parentSpanId.hexadecimal == Self.caller)
    let whole = try #require(spans.first { $0.name == "run twice" })
    #expect(whole.parentSpanId == first.spanId)
    #expect(whole.spanId.hexadecimal == SpanID(of: runID.text).text)
    for attempt in spans where attempt.name.hasPrefix("attempt ") {
      #expect(attempt.parentSpanId == whole.spanId)
    }
    let failed = spans.filter { $0.name == "attempt a" && $0.status?.code == .error }
    #expect(failed.count == 1)
    let delivery = try #require(spans.first { $0.name == "deliver webhook" })
    #expect(
      receiver.hooks == ["00-\(Self.trace)-\(delivery.spanId.hexadecimal)-01"])
  }
}

extension [UInt8] {
  fileprivate var hexadecimal: String {
    map { byte in
      let digits = String(byte, radix: 16)
      return byte < 16 ? "0\(digits)" : digits
    }.joined()
  }
}
