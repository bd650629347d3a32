import Domain
import Ports
import SimulationKit
import Synchronization
import TestSupport
import Testing

@testable import ServiceKit

/// Requests and calls, and where they stand in traces.
@Suite struct RequestTraceTests {
  private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

  private struct Everybody: Authenticator {
    func principal(authorization: [String]) async throws(Problem) -> Principal {
      Principal(name: "a", permissions: SortedSet(Permission.allCases))
    }
  }

  /// What a router tells of one request.
  private static func spans(
    _ traceparents: [String], path: String = "/v1/things/7", sampling: TraceSampling = .never
  ) throws -> (told: [TraceSpan], seen: TraceContext?) {
    try Simulation.run(seed: 1) { world in
      let here = world.here
      let context = ServiceContext(
        process: ProcessID(at: here.time.now(), random: here.randomness.next), time: here.time,
        randomness: here.randomness, spawner: here.spawner, telemetry: here.telemetry,
        sampling: sampling)
      let seen = Mutex<TraceContext?>(nil)
      let routes = [
        Route("GET", "/v1/things/{thing}", .anyone) { request throws(Problem) in
          seen.withLock { $0 = CurrentTrace.context }
          if request.segment("thing") == "broken" { throw Problem(503, "broken", "it is broken") }
          return HTTPResponse(status: 200, fields: [], body: .bytes([]))
        },
        Route("GET", "/healthz", .anyone) { _ throws(Problem) in
          HTTPResponse(status: 200, fields: [], body: .bytes([]))
        }.direct,
      ]
      let router = Router(routes, authenticator: Everybody(), context: context)
      _ = await router.respond(
        to: HTTPRequest(
          method: "GET", path: path, query: nil,
          fields: HTTPFields(traceparents.map { HTTPField("Traceparent", $0) })))
      return (world.telemetry.spans, seen.withLock { $0 })
    }
  }

  @Test func `a request goes on in the trace that it names`() throws {
    let (told, seen) = try Self.spans([Self.parent])
    let span = try #require(told.first)
    #expect(told.count == 1)
    #expect(span.context.trace.text == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(span.parent?.text == "00f067aa0ba902b7")
    #expect(span.context.span != span.parent)
    #expect(span.context == seen)
    #expect(span.name == "GET /v1/things/{thing}")
    #expect(span.kind == .server)
    #expect(span.attributes[SpanNames.path] == .text("/v1/things/7"))
    #expect(span.attributes[SpanNames.status] == .number(200))
    #expect(span.failure == nil)
  }

  @Test func `what the server did wrong is a failure of its span`() throws {
    let span = try #require(try Self.spans([Self.parent], path: "/v1/things/broken").told.first)
    #expect(span.failure == "it is broken")
    #expect(span.attributes[SpanNames.error] == .text("broken"))
    let refused = try #require(try Self.spans([Self.parent], path: "/nowhere").told.first)
    #expect(refused.failure == nil)
    #expect(refused.name == "GET")
  }

  @Test func `a trace that nobody records is carried on and not told`() throws {
    let (told, seen) = try Self.spans([String(Self.parent.dropLast(2) + "00")])
    #expect(told.isEmpty)
    #expect(seen?.trace.text == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(seen?.isSampled == false)
  }

  @Test(arguments: [[], ["nonsense"], [parent, parent]])
  func `a trace begins where none is named that could be`(fields: [String]) throws {
    let (told, seen) = try Self.spans(fields, sampling: .always)
    #expect(told.first?.parent == nil)
    #expect(told.first?.context == seen)
    #expect(seen?.trace.text != "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(try Self.spans(fields).told.isEmpty)
  }

  @Test func `looks at the process begin no trace`() throws {
    #expect(try Self.spans([], path: "/healthz", sampling: .always).told.isEmpty)
    #expect(try Self.spans([Self.parent], path: "/healthz").told.count == 1)
  }
}
