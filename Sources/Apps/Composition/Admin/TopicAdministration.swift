internal import KafkaAdapter
internal import Ports

/// Makes the topics that the platform needs at the brokers.
public struct TopicAdministration: Sendable {
  private let configuration: KafkaConfiguration

  /// - Parameters:
  ///   - replication: copies of each partition of topics that are made.
  ///   - settings: of librdkafka, by their names there.
  public init(
    brokers: String, replication: Int, settings: [(name: String, value: String)]
  ) {
    var configuration = KafkaConfiguration(
      brokers: brokers, clientName: "millrace.admin", topics: PlatformTopics.all)
    configuration.replication = replication
    configuration.settings = settings
    self.configuration = configuration
  }

  /// Makes what is missing; what is there keeps its settings.
  ///
  /// - Parameter isDry: whether nothing is made.
  /// - Returns: the names of the topics that were missing.
  public func apply(isDry: Bool) async throws(StartFailure) -> [String] {
    let runtime = try Runtime.administration()
    defer { runtime.stop() }
    do throws(BusError) {
      let bus = try await KafkaBus.open(
        configuration, on: runtime.loop, time: runtime.time, randomness: runtime.randomness,
        telemetry: runtime.metrics)
      do throws(BusError) {
        let missing = try await bus.applyTopics(isDry: isDry)
        await bus.close()
        return missing
      } catch {
        await bus.close()
        throw error
      }
    } catch {
      throw StartFailure(
        "the topics cannot be made: \(error.text)",
        hint: "check --kafka, and that the brokers run and let this client in")
    }
  }
}

extension BusError {
  fileprivate var text: String {
    switch self {
    case .refused(let why), .unavailable(let why): why
    case .outcomeUnknown, .offsetGone, .fenced: "\(self)"
    }
  }
}
