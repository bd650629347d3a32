internal import Domain
internal import Ports
internal import SystemAdapter

/// One connection of a server, from its acceptance to its end: requests one after the other, each
/// read, answered and finished before the next is looked at.
actor HTTPServerConnection {
  let loop: EventLoop
  let limits: HTTPServerLimits
  let environment: HTTPServerEnvironment
  private let handler: any HTTPHandler
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

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// Takes the descriptor over.
  init(
    _ descriptor: Int32, peer: String, in environment: HTTPServerEnvironment,
    handler: any HTTPHandler
  ) {
    self.descriptor = descriptor
    self.peer = peer
    self.environment = environment
    self.handler = handler
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
    do throws(HTTPRefusal) {
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

  // MARK: - Ending

  /// Lets the current request end; closes at once when there is none.
  func drain() {
    isDraining = true
    if isIdle, parser.isBetweenRequests { channel?.interruptReading() }
  }

  /// Ends the current request, whatever it is doing.
  func abort() {
    task?.cancel()
    channel?.close(withReset: true)
  }

  /// A stream that nobody reads must not run on until its next write fails. A request whose answer
  /// is not known yet goes on: half-closed clients are legal, and it may be about to commit.
  private func peerClosed() {
    if isStreaming { task?.cancel() }
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
      if !isIdle || exchange == 1 { deadline = deadline ?? now + limits.headWithin }
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
    let response = await handler.respond(to: request)
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
