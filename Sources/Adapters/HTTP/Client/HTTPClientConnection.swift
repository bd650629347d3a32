internal import CLinux
internal import Domain
internal import Ports
internal import SystemAdapter

/// One connection of a client, for one request.
actor HTTPClientConnection {
  private let loop: EventLoop
  private let configuration: HTTPClientConfiguration
  private let timeout: Duration
  private var channel: SocketChannel?
  private var parser: HTTPResponseParser
  private var sending: Task<Void, Never>?

  private var bytesMax: Int
  private var received = 0
  private var hasEnded = false
  private var isReading = false
  private var failure: HTTPError?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameter timeout: between any two pieces of the body.
  init(
    on loop: EventLoop, configuration: HTTPClientConfiguration, timeout: Duration, toHead: Bool
  ) {
    self.loop = loop
    self.configuration = configuration
    self.timeout = timeout
    bytesMax = configuration.bodyBytesMax
    parser = HTTPResponseParser(configuration.head, toHead: toHead)
  }

  /// Tries one address after the other.
  ///
  /// - Parameter host: whose certificate it must be; nil for a connection in the clear.
  /// - Throws: `.unreachable` with what the last one said.
  func connect(
    to addresses: [SocketAddress], scratch: LoopScratch, secureTo host: String?,
    until deadline: Uptime
  ) async throws(HTTPError) {
    let allowed = addresses.filter(configuration.allowsAddress)
    var failure = HTTPError.unreachable("the destination is refused")
    for address in allowed {
      let now = ProcessClock.uptime()
      guard now < deadline, !Task.isCancelled else { break }
      do throws(HTTPError) {
        let channel = try open(address, scratch: scratch)
        self.channel = channel
        let until = min(deadline, now + configuration.connectWithin)
        try await channel.connected(until: until)
        if let host { try await secure(channel, to: host, until: until) }
        return
      } catch .unreachable(let reason) {
        close()
        failure = .unreachable("connecting to \(address): \(reason)")
      }
    }
    throw failure
  }

  private func secure(
    _ channel: SocketChannel, to host: String, until deadline: Uptime
  ) async throws(HTTPError) {
    do throws(TLSFailure) {
      let context = try configuration.trust.context()
      guard let session = TLSSession(context, host: host, offering: .http1) else {
        throw TLSFailure("\(host) is no name that a certificate could have")
      }
      do throws(HTTPError) {
        try await channel.secure(session, until: deadline)
      } catch .unreachable(let reason) {
        throw TLSFailure(reason)
      } catch {
        throw TLSFailure("the other side ended it before it was secure")
      }
    } catch {
      throw .unreachable(error.description)
    }
  }

  private func open(
    _ address: SocketAddress, scratch: LoopScratch
  ) throws(HTTPError) -> SocketChannel {
    var system = address.system
    let descriptor = millrace_connect(&system)
    guard descriptor >= 0 else { throw .unreachable(SystemMessage.text(-descriptor)) }
    return try SocketChannel(descriptor, on: loop, scratch: scratch, isConnected: false)
  }

  /// Sends the request and waits for the head of the answer, which may come before the last byte of
  /// the request is sent.
  func exchange(
    _ head: [UInt8], _ body: [UInt8], until deadline: Uptime
  ) async throws(HTTPError) -> HTTPResponseHead {
    guard let channel else { throw .disconnected }
    try await channel.write(head, stallMax: deadline - ProcessClock.uptime())
    if !body.isEmpty {
      // A server that answers without reading the body may end its side: that is no reason not to
      // read the answer.
      sending = Task(executorPreference: loop) { await self.send(body) }
    }
    while true {
      if case .head(let head)? = try nextEvent() { return head }
      let more = try await channel.read(until: deadline) { parser.append($0) }
      guard more else { throw .disconnected }
    }
  }

  private func send(_ body: [UInt8]) async {
    try? await channel?.write(body, stallMax: timeout)
  }

  func allow(_ bytesMax: Int) {
    self.bytesMax = bytesMax
  }

  func nextPiece() async throws(HTTPError) -> [UInt8]? {
    if let failure { throw failure }
    if hasEnded { return nil }
    guard !isReading else { throw .malformed("a body that two tasks read") }
    isReading = true
    defer { isReading = false }
    do throws(HTTPError) {
      guard let piece = try await readPiece() else {
        hasEnded = true
        close()
        return nil
      }
      return piece
    } catch {
      failure = error
      close()
      throw error
    }
  }

  private func readPiece() async throws(HTTPError) -> [UInt8]? {
    if let remaining = parser.bodyRemaining, remaining > bytesMax - received { throw .tooLarge }
    while true {
      switch try nextEvent() {
      case .body(let bytes):
        received += bytes.count
        guard received <= bytesMax else { throw .tooLarge }
        return bytes
      case .end, .head:
        return nil
      case nil:
        break
      }
      guard let channel else { throw .disconnected }
      let deadline = ProcessClock.uptime() + timeout
      let more = try await channel.read(until: deadline) { parser.append($0) }
      if !more, !parser.close() { throw .disconnected }
    }
  }

  private func nextEvent() throws(HTTPError) -> HTTPResponseParser.Event? {
    do throws(HTTPRefusal) {
      return try parser.next()
    } catch {
      throw .malformed(error.detail)
    }
  }

  func close() {
    sending?.cancel()
    sending = nil
    channel?.close()
    channel = nil
  }
}
