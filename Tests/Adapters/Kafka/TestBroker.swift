import Domain
import Glibc
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import KafkaAdapter

/// A bus of its own on a throw-away broker that `scripts/test.sh` starts: its topics and groups
/// have names that nobody else has.
struct TestBroker {
  enum Kind: String { case noida, tansu }

  static let loop: EventLoop = {
    guard let loop = try? EventLoop(name: "kafka-test") else {
      preconditionFailure("the system refused an event loop")
    }
    loop.start()
    return loop
  }()
  static let time = SystemTime(on: loop)

  let bus: KafkaBus
  let names: RenamedBus
  private let prefix: String
  private let configuration: KafkaConfiguration

  /// Every bus has a dozen threads of the library: so many tests have one at once.
  private static let places = Places(12)

  /// Runs a test with a bus of its own, and closes it.
  ///
  /// - Throws: when there is no broker: nothing is skipped silently.
  static func with(
    _ kind: Kind, change: (inout KafkaConfiguration) -> Void = { _ in },
    _ body: (TestBroker) async throws -> Void
  ) async throws {
    await places.take()
    do {
      let broker = try await TestBroker(kind, change: change)
      do {
        try await body(broker)
      } catch {
        await broker.close()
        throw error
      }
      await broker.close()
    } catch {
      await places.give()
      throw error
    }
    await places.give()
  }

  private init(_ kind: Kind, change: (inout KafkaConfiguration) -> Void) async throws {
    let variable = "MILLRACE_KAFKA_\(kind.rawValue.uppercased())"
    let brokers = try #require(
      getenv(variable).map { String(cString: $0) },
      "start a broker by infra/local/kafka.sh and name it by \(variable)")
    let prefix = "t\(String(SystemRandomness().next(), radix: 16))."
    var configuration = KafkaConfiguration(
      brokers: brokers, clientName: prefix + "test",
      topics: BusContract.topics.map { KafkaTopic(.topic(prefix + $0)) } + [
        KafkaTopic(.family(prefix: prefix + BusContract.familyPrefix))
      ])
    configuration.makesTopics = true
    configuration.fetchWait = .milliseconds(50)
    configuration.sessionWithin = .seconds(6)
    change(&configuration)
    try await self.init(configuration, prefix)
  }

  private init(_ configuration: KafkaConfiguration, _ prefix: String) async throws {
    bus = try await KafkaBus.open(
      configuration, on: TestBroker.loop, time: TestBroker.time, randomness: SystemRandomness(),
      telemetry: SilentTelemetry())
    names = RenamedBus(bus, prefix: prefix)
    self.prefix = prefix
    self.configuration = configuration
  }

  /// What another process has of the same topics and groups.
  func another() async throws -> TestBroker { try await TestBroker(configuration, prefix) }

  var subject: BusSubject {
    let (bus, names) = (bus, names)
    return BusSubject(names, time: TestBroker.time) { place, offset in
      let administrator = bus.administrator
      try await blocking(bus.pool) { () throws(BusError) in
        try administrator.trim(names.outer(place), below: offset)
      }
    }
  }

  func close() async { await bus.close() }
}

/// A number of places that tests wait for.
private actor Places {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func take() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func give() {
    guard waiting.isEmpty else { return waiting.removeFirst().resume() }
    free += 1
  }
}
