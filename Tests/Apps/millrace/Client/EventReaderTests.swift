import Domain
import HTTPAdapter
import Ports
import SystemAdapter
import Testing

@testable import millrace

/// A body of pieces.
private actor Pieces: HTTPBodySource {
  private var rest: [[UInt8]]

  init(_ pieces: [[UInt8]]) { rest = pieces }

  func next() async throws(HTTPError) -> [UInt8]? {
    rest.isEmpty ? nil : rest.removeFirst()
  }
}

/// Streams more than a client keeps of an answer, as events.
private struct LongStream: HTTPHandler {
  static let events = 20_000
  static let text = String(repeating: "x", count: 1_000)

  func respond(to request: HTTPRequest) async -> HTTPResponse {
    HTTPResponse(
      status: 200, fields: [HTTPField("Content-Type", "text/event-stream")],
      body: .stream { sink in
        for number in 0..<LongStream.events {
          try await sink.write(
            Array("event: line\nid: \(number)\ndata: \(LongStream.text)\n\n".utf8))
        }
        try await sink.write(Array("event: end\ndata: {}\n\n".utf8))
      })
  }
}

@Suite(.timeLimit(.minutes(1)))
struct EventReaderTests {
  private func read(_ reader: EventReader) async throws -> [ServerEvent] {
    var (reader, events) = (reader, [ServerEvent]())
    while let event = try await reader.next() { events.append(event) }
    return events
  }

  @Test(arguments: [1, 2, 7, 1_000])
  func `events come whole, however the body is cut`(size: Int) async throws {
    let text =
      "\n: alive\nevent: line\r\nid: 1\ndata: a\ndata: b\n\ndata:c\n\nid: 2\n\nevent: end"
      + "\ndata: {}\n\ndata: never ended"
    let bytes = Array(text.utf8)
    let pieces = stride(from: 0, to: bytes.count, by: size).map {
      Array(bytes[$0..<min($0 + size, bytes.count)])
    }
    let events = try await read(EventReader(Pieces(pieces)))
    #expect(events.map(\.name) == ["line", "message", "end"])
    #expect(events.map(\.text) == ["a\nb", "c", "{}"])
    #expect(events.map(\.id) == ["1", "1", "2"])
  }

  @Test func `a line or an event without end is refused`() async throws {
    let large = [UInt8](repeating: 65, count: 1 << 20)
    await #expect(throws: HTTPError.tooLarge) {
      _ = try await read(EventReader(Pieces(Array(repeating: large, count: 10))))
    }
    let line = Array("data: ".utf8) + large + [10]
    await #expect(throws: HTTPError.tooLarge) {
      _ = try await read(EventReader(Pieces(Array(repeating: line, count: 10))))
    }
  }

  /// Goal: a log may be followed for as long as it is printed.
  @Test func `a stream of events has no limit over all`() async throws {
    let runtime = try Runtime(trust: TLSTrust())
    let address = AsyncStream<String>.makeStream()
    let server = runtime.loop.root {
      try? await runtime.network.serve("127.0.0.1:0", LongStream()) {
        address.continuation.yield($0)
      }
    }
    var addresses = address.stream.makeAsyncIterator()
    let bound = try #require(await addresses.next())
    let counts = try await runtime.run {
      let client = Client(
        network: runtime.network, time: runtime.time, url: "http://\(bound)", token: nil)
      var reader = try await client.events("/")
      var (lines, bytes, hasEnd) = (0, 0, false)
      while let event = try await reader.next() {
        hasEnd = event.name == "end"
        lines += event.name == "line" ? 1 : 0
        bytes += event.text.utf8.count
      }
      return (lines: lines, bytes: bytes, hasEnd: hasEnd)
    }
    #expect(counts.lines == LongStream.events)
    #expect(counts.bytes > 16 << 20)
    #expect(counts.hasEnd)
    server.cancel()
  }
}
