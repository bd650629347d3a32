import Domain
import Ports
import Synchronization
import Testing

@testable import ServiceKit

struct EventWriterTests {
  private final class Sink: HTTPBodySink {
    private let bytes = Mutex<[UInt8]>([])
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

    func write(_ bytes: [UInt8]) async throws(HTTPError) {
      self.bytes.withLock { $0 += bytes }
    }
  }

  private func written(_ write: (EventWriter) async throws -> Void) async throws -> String {
    let sink = Sink()
    try await write(EventWriter(sink: sink))
    return sink.text
  }

  @Test func `an event has its fields, then an empty line`() async throws {
    #expect(
      try await written { try await $0.send(event: "run", id: "7", "{}") }
        == "event: run\nid: 7\ndata: {}\n\n")
    #expect(try await written { try await $0.send("") } == "data: \n\n")
    #expect(try await written { try await $0.heartbeat() } == ": alive\n\n")
    #expect(try await written { try await $0.end() } == "event: end\ndata: {}\n\n")
  }

  @Test func `no line of a payload becomes a field`() async throws {
    #expect(
      try await written { try await $0.send("a\nid: 1\r\nevent: x\rdata\n") }
        == "data: a\ndata: id: 1\ndata: event: x\ndata: data\ndata: \n\n")
  }

  @Test func `a stream of events says what it is and is not kept`() {
    let response = HTTPResponse.events { _ in }
    #expect(response.fields["content-type"] == "text/event-stream")
    #expect(response.fields["cache-control"] == "no-store")
    #expect(response.fields["x-accel-buffering"] == "no")
  }

  @Test func `values leave out what is not there`() {
    #expect(
      Value.record([("a", .null), ("b", .time(nil)), ("c", .text("x"))]).json == #"{"c":"x"}"#)
    let reason = Reason(code: "c", message: "m", since: .start)
    #expect(
      Value.reason(reason).json
        == #"{"code":"c","message":"m","since":"1970-01-01T00:00:00.000Z"}"#)
  }
}
