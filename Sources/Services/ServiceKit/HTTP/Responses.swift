public import Domain
public import Ports

extension HTTPResponse {
  /// A JSON document.
  public static func json(
    _ value: Value, status: Int = 200, fields: [HTTPField] = []
  ) -> HTTPResponse {
    var bytes: [UInt8] = []
    JSONText.append(value, to: &bytes)
    return HTTPResponse(
      status: status,
      fields: HTTPFields([HTTPField("Content-Type", "application/json")] + fields),
      body: .bytes(bytes))
  }

  /// A stream of server-sent events, written as they come.
  public static func events(
    _ body: @escaping @Sendable (EventWriter) async throws -> Void
  ) -> HTTPResponse {
    HTTPResponse(
      status: 200,
      fields: [
        HTTPField("Content-Type", "text/event-stream"), HTTPField("Cache-Control", "no-store"),
        HTTPField("X-Accel-Buffering", "no"),
      ],
      body: .stream { sink in
        try await body(EventWriter(sink: sink))
      })
  }
}

/// Writes server-sent events (WHATWG HTML §9.2).
public struct EventWriter: Sendable {
  let sink: any HTTPBodySink

  /// How often a silent stream says that it lives.
  public static let heartbeatEvery: Duration = .seconds(15)

  public func send(event: String? = nil, id: String? = nil, _ payload: String) async throws {
    var text = ""
    if let event { text += "event: \(event)\n" }
    if let id { text += "id: \(id)\n" }
    for line in EventWriter.lines(of: payload) { text += "data: \(line)\n" }
    try await sink.write(Array((text + "\n").utf8))
  }

  /// Readers end lines at LF, CR LF and CR alike; what slipped through would be a field of its own.
  private static func lines(of payload: String) -> [Substring] {
    payload.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
  }

  /// A comment, which readers skip.
  public func heartbeat() async throws {
    try await sink.write(Array(": alive\n\n".utf8))
  }

  /// Says that the stream is complete, so that its reader does not connect again.
  public func end() async throws {
    try await send(event: "end", "{}")
  }
}

extension Value {
  /// A string, or null when there is none.
  public static func text(_ text: String?) -> Value { text.map(Value.string) ?? .null }

  /// An instant as people and programs read it: RFC 3339 in UTC with milliseconds, or null.
  public static func time(_ moment: Moment?) -> Value { text(moment?.text) }

  /// An object of pairs, those with null left out.
  public static func record(_ members: [(String, Value)]) -> Value {
    .object(SortedMap(members.filter { $0.1 != .null }))
  }

  public static func labels(_ labels: SortedMap<String, String>) -> Value {
    .object(labels.mapValues(Value.string))
  }

  /// Why something is as it is.
  public static func reason(_ reason: Reason?) -> Value {
    guard let reason else { return .null }
    return .record([
      ("code", .string(reason.code)), ("message", .string(reason.message)),
      ("since", .time(reason.since)), ("until", .time(reason.until)),
      ("blockers", reason.blockers.isEmpty ? .null : .array(reason.blockers.map(Value.string))),
    ])
  }
}
