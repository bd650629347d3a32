internal import Domain
internal import Ports
internal import SystemAdapter

/// One connection of a server, from its acceptance to its end: requests one after the other, each
/// read, answered and finished before the next is looked at.
actor HTTPServerConnection {
  let loop: EventLoop
  let limits: HTTPServerLimits
  let environment: HTTPServerEnvironment
  private let service: HTTP2Service
  private let peer: String
  private var descriptor: Int32?
  private var task: Task<Void, Never>?

  var channel: SocketChannel?
  var parser: HTTPRequestParser
  /// The number of the current request: what belongs to an earlier one is refused.
  private(set) var exchange = 0
  var body = BodyProgress()
  private var isIdle = false
  private(set) var isDraining = false
  var isStreaming = false
  var progress: StreamProgress?
  /// Set once the client turned out to speak HTTP/2.
  private var multiplexed: HTTP2Connection?
  private var firstHeadUntil = Uptime.distantFuture

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// Takes the descriptor over.
  init(
    _ descriptor: Int32, peer: String, in environment: HTTPServerEnvironment,
    service: HTTP2Service
  ) {
    self.descriptor = descriptor
    self.peer = peer
    self.environment = environment
    self.service = service
    loop = environment.loop
    limits = environment.limits
    parser = HTTPRequestParser(environment.limits.head)
  }

  func attach(_ task: Task<Void, Never>) {
    self.task = task
  }

  /// Serves requests until either side has had enough.
  func run() async {
    guard let descriptor, let channel = try? open(descriptor) else { return }
    guard await secure(channel) else {
      channel.close(withReset: true)
      self.channel = nil
      task = nil
      return
    }
    do throws(HTTPRefusal) {
      if let first = try await sniff(on: channel) {
        await multiplex(first, on: channel)
        task = nil
        return
      }
      while let head = try await nextHead(on: channel) {
        guard await answer(head, on: channel) else { break }
      }
    } catch {
      await refuse(error, on: channel)
    }
    channel.close()
    self.channel = nil
    task = nil
  }

  private func open(_ descriptor: Int32) throws(HTTPError) -> SocketChannel {
    self.descriptor = nil
    let channel = try SocketChannel(descriptor, on: loop, scratch: environment.scratch)
    channel.onPeerClosed = { [unowned self] in peerClosed() }
    self.channel = channel
    return channel
  }

  /// Whether the connection is as secure as it has to be.
  private func secure(_ channel: SocketChannel) async -> Bool {
    guard let keeper = environment.keeper else { return true }
    guard let session = TLSSession(keeper.context(.server)) else { return false }
    do throws(HTTPError) {
      try await channel.secure(session, until: ProcessClock.uptime() + limits.handshakeWithin)
      return true
    } catch {
      environment.telemetry.count("tls_refused", 1, [])
      environment.telemetry.log(.debug, "tls.refused", [("peer", peer), ("error", "\(error)")])
      return false
    }
  }

  // MARK: - Ending

  /// Lets the current request end; closes at once when there is none.
  func drain() {
    isDraining = true
    if let multiplexed { return multiplexed.assumeIsolated { $0.beginDrain() } }
    if isIdle, parser.isBetweenRequests { channel?.interruptReading() }
  }

  /// Ends the current request, whatever it is doing.
  func abort() {
    if let multiplexed { return multiplexed.assumeIsolated { $0.abandon() } }
    task?.cancel()
    channel?.close(withReset: true)
  }

  /// A stream that nobody reads must not run on until its next write fails. A request whose answer
  /// is not known yet goes on: half-closed clients are legal, and it may be about to commit.
  private func peerClosed() {
    if isStreaming { task?.cancel() }
  }

  // MARK: - Versions

  /// Tells HTTP/2 (with prior knowledge) from HTTP/1.1 by the first bytes.
  ///
  /// - Returns: what has arrived when it is HTTP/2; nil when it is not, and the parser has it.
  private func sniff(on channel: SocketChannel) async throws(HTTPRefusal) -> [UInt8]? {
    firstHeadUntil = ProcessClock.uptime() + limits.headWithin
    var first: [UInt8] = []
    isIdle = true
    while true {
      let count = min(first.count, HTTPServerConnection.preface.count)
      guard first.prefix(count).elementsEqual(HTTPServerConnection.preface.prefix(count)) else {
        parser.append(first.span)
        return nil
      }
      if count == HTTPServerConnection.preface.count { return first }
      do throws(HTTPError) {
        let more = try await channel.read(until: firstHeadUntil) { span in
          span.withUnsafeBufferPointer { first.append(contentsOf: $0) }
        }
        guard more else { throw .disconnected }
      } catch .timedOut where !first.isEmpty {
        throw .timedOut
      } catch {
        channel.close()
        return nil
      }
    }
  }

  /// How every HTTP/2 connection begins and no request of HTTP/1.1 does; the library reads the
  /// rest.
  private static let preface = [UInt8]("PRI * HTTP/2.0\r\n".utf8)

  private func multiplex(_ first: [UInt8], on channel: SocketChannel) async {
    channel.onPeerClosed = nil
    guard
      let session = try? HTTP2Session(
        .server, limits: limits.http2, fieldsMax: limits.fieldsMax, at: ProcessClock.uptime())
    else { return channel.close(withReset: true) }
    let connection = HTTP2Connection(
      channel, session: session, settings: HTTP2Settings(limits), peer: peer, on: loop
    ) { [service] connection, stream, block in
      service.accept(stream, block, on: connection)
    }
    multiplexed = connection
    if isDraining { await connection.beginDrain() }
    await connection.run(first)
    multiplexed = nil
    self.channel = nil
  }

  // MARK: - Heads

  /// The next request; nil when there will be none.
  private func nextHead(on channel: SocketChannel) async throws(HTTPRefusal) -> HTTPRequestHead? {
    exchange += 1
    var deadline: Uptime?
    while true {
      if case .head(let head)? = try parser.next() {
        isIdle = false
        return head
      }
      if parser.isBetweenRequests, isDraining { return nil }
      isIdle = parser.isBetweenRequests
      let now = ProcessClock.uptime()
      if exchange == 1 {
        deadline = firstHeadUntil
      } else if !isIdle {
        deadline = deadline ?? now + limits.headWithin
      }
      do throws(HTTPError) {
        let more = try await channel.read(until: deadline ?? now + limits.idleMax) {
          parser.append($0)
        }
        guard more else { return nil }
      } catch .timedOut where !isIdle {
        throw .timedOut
      } catch {
        return nil
      }
    }
  }

  // MARK: - Exchanges

  /// Whether the connection can take another request.
  private func answer(
    _ head: HTTPRequestHead, on channel: SocketChannel
  ) async -> Bool {
    body = BodyProgress(head, bytesMax: limits.bodyBytesMax)
    let source = RequestBody(connection: self, exchange: exchange)
    let request = HTTPRequest(
      method: head.method, path: head.target.path, query: head.target.query, fields: head.fields,
      body: source, peer: peer)
    let response = await service.handler.respond(to: request)
    let wantsMore =
      head.keepsAlive && !isDraining && !channel.isPeerClosed && canSkipRest() && !Task.isCancelled
    do throws(HTTPError) {
      let isKept = try await send(response, to: head, keepsAlive: wantsMore, on: channel)
      if isKept, await skipRest(on: channel) { return true }
    } catch {
      channel.close(withReset: true)
      return false
    }
    // What the client still sends would make the system discard our answer with a reset.
    if !body.hasEnded || !parser.isBetweenRequests { await linger(on: channel) }
    return false
  }

  private func refuse(_ refusal: HTTPRefusal, on channel: SocketChannel) async {
    let response = ProblemDocument.response(refusal)
    do throws(HTTPError) {
      _ = try await send(response, to: nil, keepsAlive: false, on: channel)
      await linger(on: channel)
    } catch {
      channel.close(withReset: true)
    }
  }

  /// Ends our side and reads on for a while, until the client has seen that.
  private func linger(on channel: SocketChannel) async {
    exchange += 1
    channel.endSending()
    let deadline = ProcessClock.uptime() + limits.lingerMax
    while (try? await channel.read(until: deadline) { _ in }) == true {}
  }
}
