internal import Domain
public import Ports

/// A network to judge, and the process that it belongs to.
public struct NetworkSubject: Sendable {
  public let network: any Network
  public let time: any Time
  public let spawner: any Spawner
  /// Where to serve: `host:0`. A URL of what is bound there is `http://` and the bound address.
  public let address: String

  public init(
    network: any Network, time: any Time, spawner: any Spawner, address: String
  ) {
    self.network = network
    self.time = time
    self.spawner = spawner
    self.address = address
  }
}

/// Answers with a closure.
public struct HandlerStub: HTTPHandler, RPCHandler {
  private let http: @Sendable (HTTPRequest) async -> HTTPResponse
  private let rpc: @Sendable (String, [UInt8]) async throws(RPCError) -> [UInt8]

  public init(_ http: @escaping @Sendable (HTTPRequest) async -> HTTPResponse) {
    self.http = http
    rpc = { _, _ throws(RPCError) in throw RPCError(.unimplemented, "not a remote call") }
  }

  public init(
    rpc: @escaping @Sendable (String, [UInt8]) async throws(RPCError) -> [UInt8]
  ) {
    http = { _ in HTTPResponse(status: 501) }
    self.rpc = rpc
  }

  public func respond(to request: HTTPRequest) async -> HTTPResponse {
    await http(request)
  }

  public func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    try await rpc(method, request)
  }
}

/// A server that runs until it is stopped.
struct RunningServer: Sendable {
  let base: String
  private let task: any Spawned
  private let ended: OneShot<HTTPError?>

  /// - Throws: what `serve` threw before it was ready.
  static func start(
    _ subject: NetworkSubject, at address: String? = nil, _ handler: any HTTPHandler
  ) async throws -> RunningServer {
    let ready = OneShot<Result<String, HTTPError>>()
    let ended = OneShot<HTTPError?>()
    let task = subject.spawner.spawn("server") {
      do throws(HTTPError) {
        try await subject.network.serve(address ?? subject.address, handler) { bound in
          ready.send(.success(bound))
        }
        ended.send(nil)
      } catch {
        ready.send(.failure(error))
        ended.send(error)
      }
    }
    let bound = try await ready.value.get()
    return RunningServer(base: "http://\(bound)", task: task, ended: ended)
  }

  func cancel() { task.cancel() }

  /// Returns when `serve` has returned.
  func stop() async throws {
    task.cancel()
    if let error = await ended.value { throw error }
  }
}

extension NetworkSubject {
  /// Runs `body` while a handler answers at the URL that `body` gets.
  func serving(
    _ handler: any HTTPHandler, _ body: (String) async throws -> Void
  ) async throws {
    let server = try await RunningServer.start(self, handler)
    do {
      try await body(server.base)
    } catch {
      server.cancel()
      throw error
    }
    try await server.stop()
  }

  /// Looks again and again until `condition` holds.
  func eventually(
    _ what: String, within length: Duration = .seconds(20), _ condition: () async -> Bool
  ) async throws {
    let deadline = time.uptime() + length
    while await !condition() {
      try expect(time.uptime() < deadline, "\(what) did not happen within \(length)")
      try await time.sleep(for: .milliseconds(1))
    }
  }

  func get(_ url: String, timeout: Duration = .seconds(30)) async throws -> (Int, [UInt8]) {
    let answer = try await network.send(HTTPCall(method: "GET", url: url, timeout: timeout))
    return (answer.status, try await answer.body.collect())
  }

  func post(_ url: String, _ body: [UInt8]) async throws -> (Int, [UInt8]) {
    let answer = try await network.send(HTTPCall(method: "POST", url: url, body: body))
    await answer.body.allow(upTo: .max)
    return (answer.status, try await answer.body.collect())
  }
}
