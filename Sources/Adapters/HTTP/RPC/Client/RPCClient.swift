internal import CLinux
internal import Domain
internal import Ports
internal import SystemAdapter

/// Remote calls to one set of addresses, which all serve the same: one connection to each, made
/// when it is needed and used again.
actor RPCClient {
  private typealias Attempt = Result<HTTP2Connection, RPCError>

  private let loop: EventLoop
  private let dialer: Dialer
  private let addresses: [String]
  private let configuration: RPCClientConfiguration
  private var balancer: RPCBalancer
  private var connections: [Int: HTTP2Connection] = [:]
  private var waiting: [Int: [Race<Attempt>]] = [:]

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(
    _ addresses: [String], on loop: EventLoop, dialer: Dialer,
    configuration: RPCClientConfiguration
  ) {
    self.addresses = addresses
    self.loop = loop
    self.dialer = dialer
    self.configuration = configuration
    balancer = RPCBalancer(addresses)
  }

  /// Begins a call at one of the addresses.
  func open(_ call: RPCCall) async throws(RPCError) -> any RPCExchange {
    let deadline = ProcessClock.uptime() + call.within
    var tried: [Int] = []
    var failure: RPCError?
    while true {
      guard !Task.isCancelled else { throw RPCError(.cancelled, "the caller was cancelled") }
      let now = ProcessClock.uptime()
      guard now < deadline else {
        throw RPCError(.deadlineExceeded, "no connection was made in time")
      }
      switch balancer.choose(at: now, besides: tried) {
      case .use(let index):
        if let connection = connections[index],
          let exchange = try await connection.beginCall(
            call, within: deadline - now, authority: addresses[index], configuration.rpc)
        {
          return exchange
        }
        // It takes no more calls: the next one does.
        balancer.closed(index)
        connections[index] = nil
      case .connect(let index):
        connect(index)
        failure = await wait(for: index, until: deadline)
        if failure != nil { tried.append(index) }
      case .join(let index):
        failure = await wait(for: index, until: deadline)
        if failure != nil { tried.append(index) }
      case .refuse:
        throw failure
          ?? RPCError(.unavailable, "no connection was made: every address failed just now")
      }
    }
  }

  /// - Returns: why there is no connection.
  private func wait(for index: Int, until deadline: Uptime) async -> RPCError? {
    let race = Race<Attempt>()
    waiting[index, default: []].append(race)
    let timer = LoopTimer(on: loop) { _ in
      race.finish(.failure(RPCError(.deadlineExceeded, "no connection was made in time")))
    }
    timer.set(to: deadline)
    let attempt = await withTaskCancellationHandler {
      await race.winner
    } onCancel: {
      race.finish(.failure(RPCError(.cancelled, "the caller was cancelled")))
    }
    timer.cancel()
    if case .failure(let error) = attempt { return error }
    return nil
  }

  // MARK: - Connections

  /// Connects in a task of its own: a caller that gives up must not take others with it.
  private func connect(_ index: Int) {
    Task(executorPreference: loop) {
      do throws(HTTPError) {
        try await self.carry(index)
      } catch {
        await self.failed(index, error)
      }
    }
  }

  private func failed(_ index: Int, _ error: HTTPError) {
    balancer.failed(index, at: ProcessClock.uptime())
    let why = if case .unreachable(let why) = error { why } else { "\(error)" }
    let failure = RPCError(.unavailable, "no connection to \(addresses[index]) was made: \(why)")
    tell(index, .failure(failure))
  }

  private func tell(_ index: Int, _ attempt: Attempt) {
    for race in waiting.removeValue(forKey: index) ?? [] { race.finish(attempt) }
  }

  /// Makes a connection and carries its bytes until it ends.
  private func carry(_ index: Int) async throws(HTTPError) {
    let deadline = ProcessClock.uptime() + configuration.connectWithin
    let channel = try await dialer.connect(to: addresses[index], until: deadline)
    let session: HTTP2Session
    do throws(HTTP2Failure) {
      session = try HTTP2Session(
        .client, limits: configuration.http2, fieldsMax: configuration.fieldsMax,
        at: ProcessClock.uptime())
    } catch {
      channel.close()
      throw .unreachable(error.reason)
    }
    let connection = HTTP2Connection(
      channel, session: session, settings: HTTP2Settings(configuration), peer: addresses[index],
      on: loop, accept: nil)
    connections[index] = connection
    balancer.connected(index)
    tell(index, .success(connection))
    await connection.run()
    if connections[index] === connection {
      connections[index] = nil
      balancer.closed(index)
    }
  }

  /// Ends the connections as soon as nothing is under way on them.
  func close() {
    for connection in connections.values { connection.assumeIsolated { $0.beginDrain() } }
  }
}

/// What a client of remote calls grants and asks.
public struct RPCClientConfiguration: Sendable {
  public var connectWithin: Duration = .seconds(5)
  /// A connection without calls is closed after this.
  public var idleMax: Duration = .seconds(300)
  /// How long a server may take nothing of what is sent.
  public var writeStallMax: Duration = .seconds(30)
  public var fieldsMax = 100
  public var rpc = RPCLimits()
  public var http2 = HTTP2Limits()

  public init() {
    // Who closes first is the server, so that its clients spread over new ones.
    http2.connectionAgeMax = .seconds(7_200)
    // Answers may be many and large: their readers hold them back.
    http2.streamWindowBytes = 262_144
  }
}

extension HTTP2Settings {
  init(_ configuration: RPCClientConfiguration) {
    self.init(HTTPServerLimits())
    firstWithin = configuration.idleMax
    idleMax = configuration.idleMax
    writeStallMax = configuration.writeStallMax
    lingerMax = .milliseconds(200)
  }
}
