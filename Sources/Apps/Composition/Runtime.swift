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
  let telemetry: any Telemetry
  /// What every service counts and measures.
  let metrics: MetricRegistry
  /// What waits for who takes traces and logs; nil when nobody does.
  let outgoing: TelemetryBuffer?
  let observation: ObservationSettings
  let pool: BlockingPool
  let context: ServiceContext

  /// - Parameter name: of the thread of the loop.
  init(
    name: String, _ observation: ObservationSettings = ObservationSettings()
  ) throws(StartFailure) {
    guard let level = LogLevel(rawValue: observation.level) else {
      throw StartFailure(
        "there is no log level '\(observation.level)'",
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
    self.observation = observation
    let errors = StandardErrorTelemetry(level: level, common: observation.common)
    outgoing =
      observation.receiver == nil
      ? nil : TelemetryBuffer(forwarding: errors, time: time, level: level)
    telemetry = outgoing ?? errors
    metrics = MetricRegistry(forwarding: telemetry)
    pool = BlockingPool(name: "names", threads: 2, waitingMax: 1_024)
    context = ServiceContext(
      process: ProcessID(at: time.now(), random: randomness.next), time: time,
      randomness: randomness, spawner: spawner, telemetry: metrics,
      sampling: outgoing == nil
        ? .never : TraceSampling(millionths: observation.tracesMillionths))
  }

  /// For what is done once and told at once.
  static func administration() throws(StartFailure) -> Runtime {
    var observation = ObservationSettings()
    observation.level = "error"
    return try Runtime(name: "admin", observation)
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
