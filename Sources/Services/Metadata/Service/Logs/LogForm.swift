internal import Domain
internal import Ports
internal import ServiceKit

/// One line as it is sent.
struct LogLine: Sendable {
  var task: TaskKey
  var place: LogPlace
  var line: OutputLine

  var value: Value {
    .record([
      ("task", .string(task.description)), ("attempt", .integer(Int64(place.fence.number))),
      ("line", .integer(place.line)), ("stream", .string(line.stream.rawValue)),
      ("at", .time(line.at)), ("text", .string(String(decoding: line.bytes, as: UTF8.self))),
    ])
  }
}

/// Writes lines in the form that the client asked for.
protocol LogWriter: Sendable {
  func write(_ lines: [LogLine]) async throws
  /// Says that lines are missing.
  func write(_ gap: LogGap) async throws
  /// Nothing to say for now.
  func heartbeat() async throws
  func end() async throws
}

/// The forms of a log: events, a JSON document a line, or the bytes as they were printed.
enum LogForm: Sendable {
  case events, documents, plain

  init(_ request: RouteRequest) throws(Problem) {
    let accepts = request.accepts
    if accepts.contains("text/event-stream") {
      self = .events
    } else if accepts.contains("application/x-ndjson") {
      self = .documents
    } else if accepts.isEmpty || accepts.contains("text/plain") || accepts.contains("*/*")
      || accepts.contains("text/*")
    {
      self = .plain
    } else {
      throw Problem(
        406, "not-acceptable",
        "logs come as text/event-stream, application/x-ndjson or text/plain")
    }
  }

  func response(
    _ body: @escaping @Sendable (any LogWriter) async throws -> Void
  ) -> HTTPResponse {
    switch self {
    case .events:
      return .events { writer in try await body(EventLogWriter(writer: writer)) }
    case .documents:
      return HTTPResponse(
        status: 200, fields: [HTTPField("Content-Type", "application/x-ndjson")],
        body: .stream { sink in try await body(DocumentLogWriter(sink: sink)) })
    case .plain:
      return HTTPResponse(
        status: 200, fields: [HTTPField("Content-Type", "text/plain; charset=utf-8")],
        body: .stream { sink in try await body(PlainLogWriter(sink: sink)) })
    }
  }
}

private struct EventLogWriter: LogWriter {
  let writer: EventWriter

  func write(_ lines: [LogLine]) async throws {
    for line in lines {
      try await writer.send(event: "line", id: line.place.text, line.value.json)
    }
  }

  func write(_ gap: LogGap) async throws {
    try await writer.send(event: "line", gap.value.json)
  }

  func heartbeat() async throws { try await writer.heartbeat() }
  func end() async throws { try await writer.end() }
}

private struct DocumentLogWriter: LogWriter {
  let sink: any HTTPBodySink

  func write(_ lines: [LogLine]) async throws {
    try await sink.write(Array(lines.map { $0.value.json + "\n" }.joined().utf8))
  }

  func write(_ gap: LogGap) async throws {
    try await sink.write(Array((gap.value.json + "\n").utf8))
  }

  func heartbeat() async throws { try await sink.write([UInt8(ascii: "\n")]) }
  func end() async throws {}
}

private struct PlainLogWriter: LogWriter {
  let sink: any HTTPBodySink

  func write(_ lines: [LogLine]) async throws {
    var bytes: [UInt8] = []
    for line in lines {
      bytes += line.line.bytes
      bytes.append(UInt8(ascii: "\n"))
    }
    try await sink.write(bytes)
  }

  func write(_ gap: LogGap) async throws {
    try await sink.write(Array((gap.text + "\n").utf8))
  }

  /// A plain text has no way to say that nothing was said.
  func heartbeat() async throws {}
  func end() async throws {}
}
