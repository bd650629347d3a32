internal import Domain
public import Ports
public import SystemAdapter

/// The network of a process: HTTP goes over sockets; remote calls go straight to the handler when
/// it is in the same process, otherwise over gRPC to the addresses that are known for a service.
public final class LocalNetwork: Network {
  public struct Configuration: Sendable {
    public var server = HTTPServerLimits()
    public var client = HTTPClientConfiguration()
    public var calls = RPCClientConfiguration()
    /// Where services are served that are not in this process: `host:port` by full name.
    public var peers: [String: [String]] = [:]
    /// What every call to another process carries besides its own: how services know each other.
    public var credentials = HTTPFields()
    /// Both sides of each connection to and from other processes show certificates; nil for
    /// connections in the clear.
    public var keeper: TLSKeeper?

    public init() {}
  }

  private let loop: EventLoop
  private let time: any Time
  private let telemetry: any Telemetry
  private let server: HTTPServerLimits
  private let resolver: AddressResolver
  private let client: HTTPClient
  private let directory = RPCDirectory()
  private let peers: [String: [String]]
  private let credentials: HTTPFields
  private let remote: RPCClients
  private let keeper: TLSKeeper?

  /// - Parameter pool: for looking up host names.
  public init(
    on loop: EventLoop, time: any Time, pool: BlockingPool, telemetry: any Telemetry,
    configuration: Configuration = Configuration()
  ) {
    self.loop = loop
    self.time = time
    self.telemetry = telemetry
    server = configuration.server
    resolver = AddressResolver(on: loop, pool: pool)
    client = HTTPClient(on: loop, resolver: resolver, configuration: configuration.client)
    peers = configuration.peers
    credentials = configuration.credentials
    keeper = configuration.keeper
    remote = RPCClients(
      on: loop, resolver: resolver, configuration: configuration.calls, keeper: keeper)
  }

  public func serve(
    _ address: String, _ handler: any HTTPHandler, ready: @Sendable (String) -> Void
  ) async throws(HTTPError) {
    let address = try await ListenAddress.resolve(address, with: resolver)
    let server = HTTPServer(
      on: loop, limits: server, telemetry: telemetry, handler, keeper: keeper)
    try await server.serve(at: address, ready: ready)
  }

  public func serve(
    _ address: String, _ handler: any HTTPHandler, exposing exposure: RPCExposure,
    ready: @Sendable (String) -> Void
  ) async throws(HTTPError) {
    let address = try await ListenAddress.resolve(address, with: resolver)
    let server = HTTPServer(
      on: loop, limits: server, telemetry: telemetry, handler,
      calls: RPCServing(exposure, directory, server.rpc), keeper: keeper)
    try await server.serve(at: address, ready: ready)
  }

  public func send(_ request: HTTPCall) async throws(HTTPError) -> HTTPAnswer {
    try await client.send(request)
  }

  public func serve(rpc service: String, _ handler: any RPCHandler) async throws(RPCError) {
    let id = directory.register(service, handler)
    defer { directory.remove(service, id) }
    try? await time.sleep(until: .distantFuture)
  }

  /// A call that is over by deadline or cancellation returns at once; its handler is cancelled and
  /// may go on for a while, as it would elsewhere.
  public func call(
    _ service: String, _ method: String, _ request: [UInt8], within length: Duration
  ) async throws(RPCError) -> [UInt8] {
    guard let handler = directory.next(service) else {
      return try await call(RPCCall(service, method, within: length), request)
    }
    guard !Task.isCancelled else { throw RPCError(.cancelled, "the caller was cancelled") }
    let race = Race<Result<[UInt8], RPCError>>()
    let answering = Task(executorPreference: loop) {
      do throws(RPCError) {
        race.finish(.success(try await handler.answer(method, request)))
      } catch {
        race.finish(.failure(error))
      }
    }
    let waiting = Task(executorPreference: loop) { [time] in
      guard (try? await time.sleep(for: length)) != nil else { return }
      let late = RPCError(.deadlineExceeded, "\(service) did not answer within \(length)")
      race.finish(.failure(late))
    }
    let answer = await withTaskCancellationHandler {
      await race.winner
    } onCancel: {
      race.finish(.failure(RPCError(.cancelled, "the caller does not want the answer any more")))
    }
    answering.cancel()
    waiting.cancel()
    return try answer.get()
  }

  public func open(_ call: RPCCall) async throws(RPCError) -> any RPCExchange {
    if let address = call.address { return try await open(call, at: [address]) }
    if let handler = directory.next(call.service) {
      return LocalExchange(call, handler, on: loop, time: time)
    }
    guard let addresses = peers[call.service], !addresses.isEmpty else {
      throw RPCError(.unavailable, "nobody serves \(call.service)")
    }
    return try await open(call, at: addresses)
  }

  private func open(
    _ call: RPCCall, at addresses: [String]
  ) async throws(RPCError) -> any RPCExchange {
    var signed = call
    signed.metadata.fields += credentials.fields
    if let trace = CurrentTrace.context, call.metadata[CurrentTrace.field] == nil {
      signed.metadata.fields.append(HTTPField(CurrentTrace.field, trace.traceparent))
    }
    return try await remote.open(signed, at: addresses)
  }
}
