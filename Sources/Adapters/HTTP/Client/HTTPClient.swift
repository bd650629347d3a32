internal import CLinux
internal import Domain
public import Ports
public import SystemAdapter

/// Sends requests over HTTP/1.1, each on a connection of its own. No proxies, no redirects, no
/// cookies: what was asked for happens, once.
public struct HTTPClient: Sendable {
  private let loop: EventLoop
  private let resolver: AddressResolver
  private let configuration: HTTPClientConfiguration
  private let scratch = LoopScratch()

  public init(
    on loop: EventLoop, resolver: AddressResolver,
    configuration: HTTPClientConfiguration = HTTPClientConfiguration()
  ) {
    self.loop = loop
    self.resolver = resolver
    self.configuration = configuration
  }

  /// Sends one request and returns when the head of the answer has come. The connection is closed
  /// when the body has been read, or is not held any more.
  ///
  /// - Throws: `.unreachable` if the request was surely not carried out; every other error leaves
  ///   it open. Cancellation closes the connection and counts as `.disconnected`.
  public func send(_ call: HTTPCall) async throws(HTTPError) -> HTTPAnswer {
    let url = try HTTPURL(call.url)
    let head = try RequestHeadWriter.write(call, to: url)
    let deadline = ProcessClock.uptime() + call.timeout
    let addresses = try await resolver.resolve(url.host, port: url.port, until: deadline)
    let connection = HTTPClientConnection(
      on: loop, configuration: configuration, timeout: call.timeout, toHead: call.method == "HEAD")
    do throws(HTTPError) {
      try await connection.connect(
        to: addresses, scratch: scratch, secureTo: url.isSecure ? url.host : nil, until: deadline)
      let answer = try await connection.exchange(head, call.body, until: deadline)
      let body = AnswerBody(connection, on: loop)
      return HTTPAnswer(status: answer.status, fields: answer.fields, body: body)
    } catch {
      await connection.close()
      throw error
    }
  }
}

/// The body of an answer; letting go of it closes the connection.
private final class AnswerBody: HTTPBodySource {
  private let connection: HTTPClientConnection
  private let loop: EventLoop

  init(_ connection: HTTPClientConnection, on loop: EventLoop) {
    self.connection = connection
    self.loop = loop
  }

  deinit {
    loop.perform { [connection] in connection.assumeIsolated { $0.close() } }
  }

  func next() async throws(HTTPError) -> [UInt8]? {
    try await connection.nextPiece()
  }

  func allow(upTo bytesMax: Int) async {
    await connection.allow(bytesMax)
  }
}
