internal import HTTPAdapter
internal import Ports
internal import SystemAdapter

/// The loop and the network of one call of the command line.
struct Runtime: Sendable {
  let loop: EventLoop
  let time: any Time
  let network: LocalNetwork
  private let pool: BlockingPool

  /// - Parameter trust: whom it believes where URLs begin with `https`.
  init(trust: TLSTrust) throws {
    loop = try EventLoop(name: "millrace")
    loop.start()
    time = SystemTime(on: loop)
    pool = BlockingPool(name: "names", threads: 1, waitingMax: 64)
    var configuration = LocalNetwork.Configuration()
    configuration.client.trust = trust
    network = LocalNetwork(
      on: loop, time: time, pool: pool, telemetry: SilentTelemetry(),
      configuration: configuration)
  }

  /// Of a client, which believes whom the system believes, or the authorities of a file.
  init(_ environment: ProcessEnvironment) throws {
    try self.init(trust: TLSTrust(authorities: environment["MILLRACE_CA_FILE"]))
  }

  /// Runs `body` on the loop.
  func run<Answer: Sendable>(
    _ body: @escaping @Sendable () async throws -> Answer
  ) async throws -> Answer {
    try await loop.root(body).value
  }
}

/// A client has nothing to tell but its output.
struct SilentTelemetry: Telemetry {
  func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {}
  func count(_ name: String, _ amount: Int, _ labels: [(String, String)]) {}
  func measure(_ name: String, _ length: Duration, _ labels: [(String, String)]) {}
  func gauge(_ name: String, _ value: GaugeValue?, _ labels: [(String, String)]) {}
  func record(_ span: TraceSpan) {}
}
