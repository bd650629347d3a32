internal import CLinux
internal import Domain
public import Ports
public import SystemAdapter

/// A server of HTTP/1.1, HTTP/2 and gRPC on one loop and one port: accepts connections and lets a
/// handler answer their requests, one at a time on a connection of HTTP/1.1, many on one of HTTP/2.
/// Handlers run as tasks on the loop; slow clients cost no thread.
public actor HTTPServer {
  private let loop: EventLoop
  private let limits: HTTPServerLimits
  private let telemetry: any Telemetry
  private let service: HTTP2Service
  private let environment: HTTPServerEnvironment

  private var listener: Int32 = -1
  private var watch: Watch?
  private var isAccepting = false
  private var retry: LoopTimer?
  private var connections: [Int: HTTPServerConnection] = [:]
  private var nextConnection = 0
  private var whenEmpty: CheckedContinuation<Void, Never>?

  private static let acceptedPerTurnMax = 64
  private static let backlog: Int32 = 1_024
  private static let exhaustedPause = Duration.milliseconds(100)

  public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameter keeper: has clients show certificates; nil serves in the clear.
  public init(
    on loop: EventLoop, limits: HTTPServerLimits, telemetry: any Telemetry,
    _ handler: any HTTPHandler, keeper: TLSKeeper? = nil
  ) {
    self.init(on: loop, limits: limits, telemetry: telemetry, handler, calls: nil, keeper: keeper)
  }

  /// - Parameter calls: which remote calls are answered beside HTTP.
  init(
    on loop: EventLoop, limits: HTTPServerLimits, telemetry: any Telemetry,
    _ handler: any HTTPHandler, calls: RPCServing?, keeper: TLSKeeper? = nil
  ) {
    self.loop = loop
    self.limits = limits
    self.telemetry = telemetry
    environment = HTTPServerEnvironment(
      on: loop, limits: limits, telemetry: telemetry, keeper: keeper)
    service = HTTP2Service(handler: handler, calls: calls, environment: environment)
  }

  /// Serves until the task is cancelled, then drains: nothing new is accepted, idle connections are
  /// closed, requests in flight may end within `drainWithin`. Called once.
  ///
  /// - Throws: `.unreachable` when the address cannot be had.
  public func serve(
    at address: SocketAddress, ready: @Sendable (String) -> Void
  ) async throws(HTTPError) {
    let bound = try listen(at: address)
    defer { closeListener() }
    telemetry.log(.info, "http server ready", [("address", bound)])
    ready(bound)
    try? await loop.sleep(until: .distantFuture)
    closeListener()
    await drain()
    telemetry.log(.info, "http server stopped", [("address", bound)])
  }

  private func listen(at address: SocketAddress) throws(HTTPError) -> String {
    precondition(listener < 0, "a server serves once")
    var system = address.system
    listener = millrace_listen(&system, HTTPServer.backlog)
    guard listener >= 0 else {
      throw .unreachable(HTTPServer.explain(-listener, address))
    }
    millrace_bound_address(listener, &system)
    do {
      watch = try loop.watch(listener, for: .readable) { [unowned self] _ in accept() }
    } catch {
      closeListener()
      throw .unreachable("the system cannot wait for a socket")
    }
    isAccepting = true
    return SocketAddress(system).description
  }

  private static func explain(_ code: Int32, _ address: SocketAddress) -> String {
    if SystemMessage.isAddressInUse(code) {
      return "\(address) is in use by another program: stop it or choose another port"
    }
    return "cannot listen at \(address): \(SystemMessage.text(code))"
  }

  private func closeListener() {
    watch?.cancel()
    watch = nil
    retry?.cancel()
    retry = nil
    isAccepting = false
    if listener >= 0 { millrace_close(listener) }
    listener = -1
  }

  // MARK: - Connections

  private func accept() {
    for _ in 0..<HTTPServer.acceptedPerTurnMax {
      guard isAccepting else { return }
      guard connections.count < limits.connectionsMax else { return pauseAccepting() }
      var peer = millrace_address()
      let descriptor = millrace_accept(listener, &peer)
      guard descriptor >= 0 else {
        if SystemMessage.isBlocked(-descriptor) { return }
        if SystemMessage.isExhausted(-descriptor) { return waitForDescriptors(-descriptor) }
        // The client went away before we came to it.
        continue
      }
      start(descriptor, peer: SocketAddress(peer))
    }
  }

  private func start(_ descriptor: Int32, peer: SocketAddress) {
    nextConnection += 1
    let id = nextConnection
    let connection = HTTPServerConnection(
      descriptor, peer: peer.host, in: environment, service: service)
    connections[id] = connection
    let task = Task(executorPreference: loop) { [weak self] in
      await connection.run()
      await self?.ended(id)
    }
    connection.assumeIsolated { $0.attach(task) }
  }

  private func ended(_ id: Int) {
    connections[id] = nil
    if connections.isEmpty {
      whenEmpty?.resume()
      whenEmpty = nil
    }
    resumeAccepting()
  }

  private func pauseAccepting() {
    guard isAccepting else { return }
    isAccepting = false
    try? watch?.change(to: [])
  }

  private func resumeAccepting() {
    guard !isAccepting, listener >= 0, retry == nil else { return }
    isAccepting = true
    try? watch?.change(to: .readable)
  }

  private func waitForDescriptors(_ code: Int32) {
    telemetry.log(.error, "http accept failed", [("error", SystemMessage.text(code))])
    pauseAccepting()
    let timer = LoopTimer(on: loop) { [unowned self] _ in
      retry = nil
      resumeAccepting()
    }
    retry = timer
    timer.set(to: ProcessClock.uptime() + HTTPServer.exhaustedPause)
  }

  // MARK: - Drain

  private func drain() async {
    beginDrain()
    guard !connections.isEmpty else { return }
    let timer = LoopTimer(on: loop) { [unowned self] _ in cutOff() }
    timer.set(to: ProcessClock.uptime() + limits.drainWithin)
    await withCheckedContinuation { whenEmpty = $0 }
    timer.cancel()
  }

  private func beginDrain() {
    service.calls?.health.end()
    for connection in connections.values { connection.assumeIsolated { $0.drain() } }
  }

  private func cutOff() {
    telemetry.log(
      .warning, "http requests cut off", [("connections", String(connections.count))])
    for connection in connections.values { connection.assumeIsolated { $0.abort() } }
  }
}

/// What the connections of a server have in common. Confined to the loop.
final class HTTPServerEnvironment: @unchecked Sendable {
  let loop: EventLoop
  let limits: HTTPServerLimits
  let telemetry: any Telemetry
  let keeper: TLSKeeper?
  let scratch = LoopScratch()
  private var date = HTTPDate()

  init(
    on loop: EventLoop, limits: HTTPServerLimits, telemetry: any Telemetry, keeper: TLSKeeper?
  ) {
    self.loop = loop
    self.limits = limits
    self.telemetry = telemetry
    self.keeper = keeper
  }

  func currentDate() -> [UInt8] {
    date.update(to: ProcessClock.now())
    return date.text
  }
}
