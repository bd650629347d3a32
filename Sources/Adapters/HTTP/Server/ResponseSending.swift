internal import Domain
internal import Ports

/// Takes the body of one answer from its handler.
struct ResponseSink: HTTPBodySink {
  let connection: HTTPServerConnection
  let exchange: Int

  func write(_ bytes: [UInt8]) async throws(HTTPError) {
    try await connection.write(bytes, of: exchange)
  }
}

/// How much of a streamed answer has been sent.
struct StreamProgress {
  var framing: ResponseFraming
  var sent = 0
}

extension HTTPServerConnection {
  /// Sends an answer, and returns when the system has taken all of it whether the client knows
  /// where it ends, and so can send another request.
  ///
  /// - Parameter head: of the request; nil when that was not understood.
  func send(
    _ response: HTTPResponse, to head: HTTPRequestHead?, keepsAlive: Bool,
    on channel: SocketChannel
  ) async throws(HTTPError) -> Bool {
    guard ResponseHeadWriter.isValid(response) else {
      let problem = HTTPRefusal(500, "internal", "the answer could not be written")
      return try await send(
        ProblemDocument.response(problem), to: head, keepsAlive: keepsAlive, on: channel)
    }
    let isBodiless = head?.method == "HEAD"
    let framing = framing(of: response, minorVersion: head?.minorVersion ?? 1)
    let isKept = keepsAlive && framing != .untilClosed
    var output: [UInt8] = []
    output.reserveCapacity(512)
    ResponseHeadWriter.write(
      response, framing: framing, keepsAlive: isKept, date: environment.currentDate(), to: &output)
    switch response.body {
    case .bytes(let bytes):
      if !isBodiless, framing != .none { output += bytes }
      try await channel.write(output, stallMax: limits.writeStallMax)
    case .stream(let body):
      try await channel.write(output, stallMax: limits.writeStallMax)
      guard !isBodiless, framing != .none else { break }
      try await stream(body, framing: framing, on: channel)
    }
    return isKept
  }

  private func framing(of response: HTTPResponse, minorVersion: Int) -> ResponseFraming {
    if response.status == 204 || response.status == 304 { return .none }
    switch response.body {
    case .bytes(let bytes): return .length(bytes.count)
    case .stream:
      if let text = response.fields["content-length"], let length = Int(text), length >= 0 {
        return .length(length)
      }
      return minorVersion == 1 ? .chunked : .untilClosed
    }
  }

  /// A body that breaks off, or that is not as long as announced, ends with a reset: no client may
  /// take it for a whole one.
  private func stream(
    _ body: @Sendable (any HTTPBodySink) async throws -> Void, framing: ResponseFraming,
    on channel: SocketChannel
  ) async throws(HTTPError) {
    progress = StreamProgress(framing: framing)
    isStreaming = true
    defer {
      isStreaming = false
      progress = nil
    }
    do {
      guard !channel.isPeerClosed else { throw HTTPError.disconnected }
      try await body(ResponseSink(connection: self, exchange: exchange))
      if framing == .chunked {
        try await channel.write(ChunkWriter.end, stallMax: limits.writeStallMax)
      } else if case .length(let length) = framing, progress?.sent != length {
        throw HTTPError.malformed("a body that is shorter than announced")
      }
    } catch {
      channel.close(withReset: true)
      throw .disconnected
    }
  }

  func write(_ bytes: [UInt8], of exchange: Int) async throws(HTTPError) {
    guard exchange == self.exchange, let progress, let channel else { throw .disconnected }
    guard !bytes.isEmpty else { return }
    self.progress?.sent += bytes.count
    switch progress.framing {
    case .chunked:
      try await channel.write(ChunkWriter.frame(bytes), stallMax: limits.writeStallMax)
    case .length(let length):
      guard progress.sent + bytes.count <= length else {
        throw .malformed("a body that is longer than announced")
      }
      try await channel.write(bytes, stallMax: limits.writeStallMax)
    case .untilClosed:
      try await channel.write(bytes, stallMax: limits.writeStallMax)
    case .none:
      throw .disconnected
    }
  }
}
