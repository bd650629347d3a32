import CLinux
import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import HTTPAdapter

/// A client that sends what it is told, byte for byte.
actor RawClient {
  private let loop: EventLoop
  private var channel: SocketChannel?
  private var received: [UInt8] = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameter receiveBytes: the size of the system's buffer, to be a slow reader soon.
  init(to address: SocketAddress, on loop: EventLoop, receiveBytes: Int32 = 0) async throws {
    self.loop = loop
    try await connect(to: address, receiveBytes: receiveBytes)
  }

  isolated deinit { channel?.close() }

  private func connect(to address: SocketAddress, receiveBytes: Int32) async throws {
    var system = address.system
    let descriptor = millrace_connect(&system)
    try #require(descriptor >= 0)
    millrace_set_buffers(descriptor, 0, receiveBytes)
    let channel = try SocketChannel(
      descriptor, on: loop, scratch: LoopScratch(), isConnected: false)
    try await channel.connected(until: RawClient.soon)
    self.channel = channel
  }

  private static var soon: Uptime { ProcessClock.uptime() + .seconds(20) }

  func send(_ text: String) async throws {
    try await channel?.write(Array(text.utf8), stallMax: .seconds(20))
  }

  func send(bytes: [UInt8]) async throws {
    try await channel?.write(bytes, stallMax: .seconds(20))
  }

  /// So many bytes; nil when the connection ends before.
  func receive(count: Int) async throws -> [UInt8]? {
    while received.count < count {
      guard try await readMore() else { return nil }
    }
    defer { received.removeFirst(count) }
    return Array(received.prefix(count))
  }

  /// Everything up to and including `mark`.
  func receive(through mark: String) async throws -> String {
    while true {
      let text = String(decoding: received, as: UTF8.self)
      if let range = text.firstRange(of: mark) {
        let taken = String(text[..<range.upperBound])
        received.removeFirst(taken.utf8.count)
        return taken
      }
      try #require(try await readMore(), "the connection ended before \(mark) came: \(text)")
    }
  }

  /// Everything until the server ends the connection; fails when it resets it.
  func receiveRest() async throws -> String {
    while try await readMore() {}
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// Whether the connection is over, orderly or not, once the server has had its say.
  func isOver() async -> Bool {
    do {
      while try await readMore() {}
      return true
    } catch {
      return error as? HTTPError == .disconnected
    }
  }

  private func readMore() async throws -> Bool {
    guard let channel else { return false }
    return try await channel.read(until: RawClient.soon) { span in
      for index in span.indices { received.append(span[index]) }
    }
  }

  func endSending() { channel?.endSending() }

  func close() {
    channel?.close()
    channel = nil
  }
}

/// A server on a loop of its own, for one test.
struct ServerFixture: Sendable {
  let loop: EventLoop
  let address: SocketAddress
  fileprivate let serving: Task<Void, any Error>

  /// Ends the server and waits for it.
  func stop() async throws {
    serving.cancel()
    try await serving.value
  }

  func connect(receiveBytes: Int32 = 0) async throws -> RawClient {
    try await RawClient(to: address, on: loop, receiveBytes: receiveBytes)
  }

  /// Sends one text on a connection of its own and returns what comes until the server closes.
  func answer(to text: String) async throws -> String {
    let client = try await connect()
    try await client.send(text)
    let answer = try await client.receiveRest()
    await client.close()
    return answer
  }

  /// Waits until `condition` holds.
  func eventually(_ condition: @Sendable () async -> Bool) async throws {
    let deadline = ProcessClock.uptime() + .seconds(20)
    while await !condition() {
      try #require(ProcessClock.uptime() < deadline)
      await Task.yield()
    }
  }
}

/// Runs `body` while a server with the default limits serves.
func withServer(
  _ handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse,
  body: @escaping @Sendable (ServerFixture) async throws -> Void
) async throws {
  try await withLimits({ _ in }, serving: handler, body: body)
}

/// Runs `body` while a server with these limits serves.
func withLimits(
  _ change: @Sendable (inout HTTPServerLimits) -> Void, calls: RPCServing? = nil,
  serving handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse,
  body: @escaping @Sendable (ServerFixture) async throws -> Void
) async throws {
  var limits = HTTPServerLimits()
  change(&limits)
  let adjusted = limits
  try await withLoop { loop in
    let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    let server = HTTPServer(
      on: loop, limits: adjusted, telemetry: SilentTelemetry(), HandlerClosure(body: handler),
      calls: calls)
    let (bounds, continuation) = AsyncStream<String>.makeStream()
    let serving = Task(executorPreference: loop) {
      defer { continuation.finish() }
      try await server.serve(at: address) { bound in continuation.yield(bound) }
    }
    var ready: String?
    for await bound in bounds {
      ready = bound
      break
    }
    let port = try #require(ready?.split(separator: ":").last.flatMap { Int($0) })
    let bound = try #require(SocketAddress(host: "127.0.0.1", port: port))
    let result = await Task(executorPreference: loop) {
      try await body(ServerFixture(loop: loop, address: bound, serving: serving))
    }.result
    serving.cancel()
    try await serving.value
    try result.get()
  }
}

struct HandlerClosure: HTTPHandler {
  let body: @Sendable (HTTPRequest) async -> HTTPResponse

  func respond(to request: HTTPRequest) async -> HTTPResponse {
    await body(request)
  }
}
