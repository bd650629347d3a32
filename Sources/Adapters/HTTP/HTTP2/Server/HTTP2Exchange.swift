internal import Domain
internal import Ports
internal import SystemAdapter

/// The body of one request, as its handler sees it.
struct HTTP2Body: HTTPBodySource {
  let connection: HTTP2Connection
  let stream: Int32

  func next() async throws(HTTPError) -> [UInt8]? {
    try await connection.nextPiece(of: stream)
  }

  func allow(upTo bytesMax: Int) async {
    await connection.allow(bytesMax, of: stream)
  }
}

/// Takes the body of one answer from its handler.
struct HTTP2Sink: HTTPBodySink {
  let connection: HTTP2Connection
  let stream: Int32

  func write(_ bytes: [UInt8]) async throws(HTTPError) {
    try await connection.writeAnswer(bytes, of: stream)
  }
}

/// What the connections of a server do with requests.
struct HTTP2Service: Sendable {
  let handler: any HTTPHandler
  let calls: RPCServing?
  let environment: HTTPServerEnvironment

  /// Answers a request, or begins to.
  func accept(
    _ stream: HTTP2Stream, _ block: HeaderBlock, on connection: isolated HTTP2Connection
  ) {
    if let calls, RPCFields.isCall(block.fields) {
      return calls.accept(stream, block, on: connection, environment)
    }
    let head: HTTPRequestHead
    do throws(HTTPRefusal) {
      head = try HTTP2Request.head(block)
    } catch {
      return connection.answer(
        ProblemDocument.response(error), to: "GET", on: stream, environment)
    }
    stream.bytesMax = environment.limits.bodyBytesMax
    if stream.hasEnded {
      stream.announced = 0
    } else if case .length(let length)? = head.framing {
      stream.announced = length
      stream.mustContinue = head.expectsContinue
    } else {
      stream.mustContinue = head.expectsContinue
    }
    let id = stream.id
    connection.start(stream) { connection in
      let request = HTTPRequest(
        method: head.method, path: head.target.path, query: head.target.query,
        fields: head.fields, body: HTTP2Body(connection: connection, stream: id),
        peer: connection.peer)
      let response = await handler.respond(to: request)
      await connection.send(response, to: head.method, of: id, environment)
    }
  }
}

extension HTTP2Connection {
  /// Sends an answer whose body is known, or the head of one that is not.
  func answer(
    _ response: HTTPResponse, to method: String, on stream: HTTP2Stream,
    _ environment: HTTPServerEnvironment
  ) {
    let isBodiless = method == "HEAD" || response.status == 204 || response.status == 304
    var fields = FieldArena()
    fields.append(":status", String(response.status).utf8)
    fields.append("date", environment.currentDate())
    for field in response.fields.fields where !ResponseHeadWriter.isOwn(field) {
      fields.append(field)
    }
    switch response.body {
    case .bytes(let bytes):
      if response.status != 204, response.status != 304 {
        fields.append("content-length", String(bytes.count).utf8)
      }
      session.respond(stream.id, fields, body: isBodiless ? [] : bytes)
    case .stream:
      stream.answerLength = response.fields["content-length"].flatMap { Int($0) }
      if let length = stream.answerLength, length >= 0 {
        fields.append("content-length", String(length).utf8)
      }
      session.respond(stream.id, fields, body: isBodiless ? [] : nil)
      stream.isStreaming = !isBodiless
    }
    signal()
  }

  func send(
    _ response: HTTPResponse, to method: String, of id: Int32,
    _ environment: HTTPServerEnvironment
  ) async {
    guard let stream = streams[id], !stream.isClosed else { return }
    guard ResponseHeadWriter.isValid(response) else {
      let problem = HTTPRefusal(500, "internal", "the answer could not be written")
      return answer(ProblemDocument.response(problem), to: method, on: stream, environment)
    }
    answer(response, to: method, on: stream, environment)
    guard stream.isStreaming, case .stream(let body) = response.body else { return }
    do {
      try await body(HTTP2Sink(connection: self, stream: id))
      if let length = stream.answerLength, stream.sent != length {
        throw HTTPError.malformed("a body that is shorter than announced")
      }
      session.finish(id)
    } catch {
      // No client may take half a body for a whole one.
      if !stream.isClosed { session.reset(id, .internalError) }
    }
    stream.isStreaming = false
    signal()
  }

  func writeAnswer(_ bytes: [UInt8], of id: Int32) async throws(HTTPError) {
    guard let stream = streams[id], stream.isStreaming else { throw .disconnected }
    stream.sent += bytes.count
    if let length = stream.answerLength, stream.sent > length {
      throw .malformed("a body that is longer than announced")
    }
    try await write(bytes, on: stream)
  }
}
