import Contracts
import Domain
import Ports
import SimulationFakes
import SimulationKit
import Synchronization
import TestSupport
import Testing
import Wire

@testable import ServiceKit

/// Traces and logs on their way to a receiver that may be away.
@Suite struct TelemetryExporterTests {
  /// What a receiver has got, and how it answers.
  private final class Receiver: RPCHandler {
    struct State {
      var spans: [TelemetrySpan] = []
      var lines: [TelemetryLogRecord] = []
      var resources: [TelemetryResource] = []
      var calls = 0
      var failures: [RPCError] = []
      var rejected: Int64 = 0
    }

    let state = Mutex(State())

    func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
      let failure = state.withLock { state -> RPCError? in
        state.calls += 1
        return state.failures.isEmpty ? nil : state.failures.removeFirst()
      }
      if let failure { throw failure }
      if let traces = try? ExportTraceServiceRequest(decoding: request),
        let group = traces.resourceSpans.first, group.scopeSpans.first?.spans.isEmpty == false,
        group.scopeSpans.first?.spans.first?.traceId.count == 16,
        group.scopeSpans.first?.spans.first?.name.isEmpty == false
      {
        let rejected = state.withLock { state in
          state.spans += group.scopeSpans.flatMap(\.spans)
          state.resources += [group.resource].compactMap { $0 }
          return state.rejected
        }
        return ExportTraceServiceResponse(
          partialSuccess: .init(rejectedSpans: rejected, errorMessage: "")
        ).encoded()
      }
      return []
    }
  }

  private final class LogReceiver: RPCHandler {
    let lines = Mutex<[TelemetryLogRecord]>([])

    func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
      guard let logs = try? ExportLogsServiceRequest(decoding: request) else {
        throw RPCError(.invalidArgument, "no logs")
      }
      lines.withLock { $0 += logs.resourceLogs.flatMap(\.scopeLogs).flatMap(\.logRecords) }
      return []
    }
  }

  private final class Scene: Sendable {
    let world: SimulatedWorld
    let network: FakeNetwork
    let traces = Receiver()
    let logs = LogReceiver()
    let sender: SimulatedProcess
    let buffer = Mutex<TelemetryBuffer?>(nil)

    init(_ world: SimulatedWorld) {
      self.world = world
      network = FakeNetwork(world)
      sender = world.process("sender")
    }

    struct Everybody: RPCGuard {
      func admit(_ request: RPCRequest) async throws(RPCError) {}
    }

    func serve() {
      let (network, traces, logs) = (network, traces, logs)
      world.process("receiver").start { _ in
        await withTaskGroup(of: Void.self) { group in
          group.addTask { try? await network.serve(rpc: TraceServiceMethods.service, traces) }
          group.addTask { try? await network.serve(rpc: LogsServiceMethods.service, logs) }
          group.addTask {
            let services = [TraceServiceMethods.service, LogsServiceMethods.service]
            try? await network.serve(
              "receiver:4317", Nothing(),
              exposing: RPCExposure(services, admits: Everybody())
            ) { _ in }
          }
        }
      }
    }

    /// Starts the exporter; what it is given is in `buffer`.
    func send(_ change: (inout TelemetryExport) -> Void = { _ in }, itemsMax: Int = 1_000) {
      var export = TelemetryExport(
        address: "receiver:4317", resource: [(name: "service.name", value: "s")], version: "1")
      change(&export)
      let settings = export
      sender.start { [self] environment in
        let buffer = TelemetryBuffer(
          forwarding: environment.telemetry, time: environment.time, level: .info,
          itemsMax: itemsMax)
        self.buffer.withLock { $0 = buffer }
        await TelemetryExporter(settings, buffer, on: network, context: environment.service).run()
      }
    }

    func ready() async throws -> TelemetryBuffer {
      try await world.wait(for: "the exporter", within: .seconds(5)) {
        buffer.withLock { $0 } != nil
      }
      return try #require(buffer.withLock { $0 })
    }

    func dropped(_ why: String) -> Int {
      world.telemetry.records.filter {
        $0.name == "telemetry_dropped" && $0.field("why") == why
      }.reduce(0) { sum, record in
        if case .count(let amount) = record.content { sum + amount } else { sum }
      }
    }
  }

  private struct Nothing: HTTPHandler {
    func respond(to request: HTTPRequest) async -> HTTPResponse {
      HTTPResponse(status: 404, fields: [], body: .bytes([]))
    }
  }

  private static func span(_ number: UInt64, at moment: Moment, isSampled: Bool = true) throws
    -> TraceSpan
  {
    let trace = try #require(TraceID(high: 1, low: number))
    return TraceSpan(
      "s\(number)", .producer,
      TraceContext(trace, SpanID(random: number), isSampled: isSampled), under: SpanID(bits: 9),
      from: moment, to: moment + .milliseconds(5),
      ["a": .text("x"), "n": .number(-3)], failure: number == 2 ? "lost" : nil)
  }

  @Test func `spans and lines arrive as they were told`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = Scene(world)
      scene.serve()
      scene.send()
      let buffer = try await scene.ready()
      let now = world.here.time.now()
      buffer.record(try Self.span(1, at: now))
      buffer.record(try Self.span(2, at: now))
      buffer.record(try Self.span(3, at: now, isSampled: false))
      let here = try Self.span(1, at: now).context
      CurrentTrace.$context.withValue(here) {
        buffer.log(.warning, "it.happened", [("run", "run_1")])
      }
      buffer.log(.debug, "nobody.asked", [])
      try await world.wait(for: "both", within: .seconds(5)) {
        scene.traces.state.withLock { $0.spans.count } == 2
          && scene.logs.lines.withLock { $0.count } == 1
      }
      let spans = scene.traces.state.withLock { $0.spans }
      #expect(spans[0].name == "s1")
      #expect(spans[0].kind == .producer)
      #expect(spans[0].traceId == [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
      #expect(spans[0].spanId == [0, 0, 0, 0, 0, 0, 0, 1])
      #expect(spans[0].parentSpanId == [0, 0, 0, 0, 0, 0, 0, 9])
      #expect(spans[0].startTimeUnixNano == UInt64(now.microseconds) * 1_000)
      #expect(spans[0].endTimeUnixNano == UInt64(now.microseconds) * 1_000 + 5_000_000)
      #expect(spans[0].attributes.map(\.key) == ["a", "n"])
      #expect(spans[0].attributes[1].value?.value == .intValue(-3))
      #expect(spans[0].status == nil)
      #expect(spans[1].status?.code == .error)
      #expect(spans[1].status?.message == "lost")
      let resource = try #require(scene.traces.state.withLock { $0.resources.first })
      #expect(resource.attributes.first?.key == "service.name")
      let line = try #require(scene.logs.lines.withLock { $0.first })
      #expect(line.body?.value == .stringValue("it.happened"))
      #expect(line.severityNumber == 13)
      #expect(line.traceId == spans[0].traceId)
      #expect(line.attributes.first?.value?.value == .stringValue("run_1"))
    }
  }

  @Test func `what could not be handed over is tried again, and arrives once`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = Scene(world)
      scene.traces.state.withLock {
        $0.failures = [RPCError(.unavailable, "busy"), RPCError(.resourceExhausted, "busy")]
      }
      scene.serve()
      scene.send()
      let buffer = try await scene.ready()
      buffer.record(try Self.span(1, at: world.here.time.now()))
      try await world.wait(for: "the span", within: .seconds(30)) {
        scene.traces.state.withLock { $0.spans.count } == 1
      }
      #expect(scene.traces.state.withLock { $0.calls } == 3)
      let events = world.telemetry.logs().map(\.name)
      #expect(events.filter { $0 == "telemetry.unreachable" }.count == 1)
      #expect(events.filter { $0 == "telemetry.reachable" }.count == 1)
    }
  }

  @Test func `a receiver that is away costs its own data and nothing else`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = Scene(world)
      scene.send({ $0.triesMax = 2 }, itemsMax: 10)
      let buffer = try await scene.ready()
      for number in 1...100 { buffer.record(try Self.span(UInt64(number), at: Moment.start)) }
      try await world.wait(for: "it gave up", within: .seconds(60)) {
        scene.dropped("unreachable") > 0
      }
      #expect(scene.dropped("full") + scene.dropped("unreachable") == 100)
      #expect(scene.dropped("unreachable") <= 10, "no more than it may hold")
      scene.serve()
      buffer.record(try Self.span(101, at: Moment.start))
      try await world.wait(for: "the next", within: .seconds(60)) {
        scene.traces.state.withLock { $0.spans.map(\.name) } == ["s101"]
      }
    }
  }

  @Test func `what a receiver refuses is not sent again`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = Scene(world)
      scene.traces.state.withLock {
        $0.failures = [RPCError(.invalidArgument, "no")]
        $0.rejected = 1
      }
      scene.serve()
      scene.send()
      let buffer = try await scene.ready()
      buffer.record(try Self.span(1, at: Moment.start))
      try await world.wait(for: "the refusal", within: .seconds(30)) {
        scene.dropped("refused") == 1
      }
      buffer.record(try Self.span(2, at: Moment.start))
      try await world.wait(for: "a part", within: .seconds(30)) { scene.dropped("refused") == 2 }
      #expect(scene.traces.state.withLock { $0.spans.map(\.name) } == ["s2"])
    }
  }
}
