internal import CryptoAdapter
internal import Domain
internal import Ports
internal import ServiceKit
internal import SystemAdapter

/// The surroundings of the services of a process: one loop that runs them all, the system's clocks
/// and randomness.
struct Runtime: Sendable {
  let loop: EventLoop
  let time: SystemTime
  let randomness = SystemRandomness()
  let spawner: SystemSpawner
  let telemetry: StandardErrorTelemetry
  /// What every service counts and measures.
  let metrics: MetricRegistry
  let pool: BlockingPool
  let context: ServiceContext

  /// - Parameter name: of the thread of the loop.
  init(name: String, logLevel: String) throws(StartFailure) {
    guard let level = LogLevel(rawValue: logLevel) else {
      throw StartFailure(
        "there is no log level '\(logLevel)'",
        hint: "levels are " + LogLevel.allCases.map(\.rawValue).joined(separator: ", "))
    }
    do throws(LoopError) {
      loop = try EventLoop(name: name)
    } catch {
      throw StartFailure(
        "the event loop cannot be made: \(error)", hint: "raise the limit of open files")
    }
    loop.start()
    time = SystemTime(on: loop)
    spawner = SystemSpawner(on: loop)
    telemetry = StandardErrorTelemetry(level: level)
    metrics = MetricRegistry(forwarding: telemetry)
    pool = BlockingPool(name: "names", threads: 2, waitingMax: 1_024)
    context = ServiceContext(
      process: ProcessID(at: time.now(), random: randomness.next), time: time,
      randomness: randomness, spawner: spawner, telemetry: metrics)
  }

  /// Ends the threads; whatever ran on the loop has ended before.
  func stop() {
    loop.stop()
    pool.stop()
  }

  /// A root of tasks on the loop.
  func root(_ body: @escaping @Sendable () async -> Void) -> RootTask<Void> {
    loop.root(body)
  }

  /// Random characters that nobody can guess, in hexadecimal.
  func secret(bytes count: Int, _ digest: OpenSSLDigest) -> String {
    digest.hexadecimal(of: randomness.bytes(count))
  }
}
