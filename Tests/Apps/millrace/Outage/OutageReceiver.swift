import HTTPAdapter
import Ports
import SystemAdapter

/// A receiver of webhooks on a real socket, which can go and come back at the same address.
final class OutageReceiver: HTTPHandler {
  struct Seen: Sendable {
    /// What is answered with.
    var status = 200
    /// Ids of messages that were taken, and of those that were refused, in order.
    var taken: [String] = []
    var refused: [String] = []
  }

  let seen = Monitor(Seen())
  private let loop: EventLoop
  private let network: LocalNetwork
  private let serving = Monitor<RootTask<Void>?>(nil)
  private let address = Monitor("127.0.0.1:0")

  init() throws {
    loop = try EventLoop(name: "receiver")
    loop.start()
    network = LocalNetwork(
      on: loop, time: SystemTime(on: loop),
      pool: BlockingPool(name: "names", threads: 1, waitingMax: 8),
      telemetry: StandardErrorTelemetry(level: .error))
  }

  deinit { loop.stop() }

  var url: String { "http://\(address.withLock { $0 })/in?key=1" }

  /// Returns when it listens, at the address of the time before if there was one.
  func start() async throws {
    let (stream, feed) = AsyncStream<String>.makeStream()
    let address = address.withLock { $0 }
    let task = loop.root { [weak self] in
      guard let self else { return feed.finish() }
      try? await network.serve(address, self) { feed.yield($0) }
      feed.finish()
    }
    serving.withLock { $0 = task }
    var bound: String?
    for await said in stream {
      bound = said
      break
    }
    guard let bound else { throw CommandFailure(what: "nobody can listen at \(address)") }
    self.address.withLock { $0 = bound }
  }

  /// Returns when nobody listens any more.
  func stop() async {
    let task = serving.withLock { serving in
      defer { serving = nil }
      return serving
    }
    task?.cancel()
    await task?.wait()
  }

  func respond(to request: HTTPRequest) async -> HTTPResponse {
    let id = request.fields["webhook-id"] ?? ""
    let status = seen.withLock { seen in
      if seen.status == 200 { seen.taken.append(id) } else { seen.refused.append(id) }
      return seen.status
    }
    return HTTPResponse(status: status)
  }
}
