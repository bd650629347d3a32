import CKafka
import Ports
import SystemAdapter
import TestSupport

@testable import KafkaAdapter

/// The library's own cluster of three brokers in this process, which does what it is told. Only
/// good for producers: see `docs/conformance.md`.
final class MockCluster: @unchecked Sendable {
  private let client: KafkaClient
  private let cluster: OpaquePointer

  init() throws {
    client = try KafkaClient(.producer, [], named: "mock", telemetry: SilentTelemetry())
    cluster = rd_kafka_mock_cluster_new(client.handle, 3)
    for topic in BusContract.topics { rd_kafka_mock_topic_create(cluster, topic, 12, 3) }
    rd_kafka_mock_topic_create(cluster, TopicPlan.incarnations, 1, 3)
  }

  func bus(change: (inout KafkaConfiguration) -> Void = { _ in }) async throws -> KafkaBus {
    var configuration = KafkaConfiguration(
      brokers: String(cString: rd_kafka_mock_cluster_bootstraps(cluster)), clientName: "test",
      topics: BusContract.topics.map { KafkaTopic(.topic($0)) })
    change(&configuration)
    return try await KafkaBus.open(
      configuration, on: TestBroker.loop, time: TestBroker.time, randomness: SystemRandomness(),
      telemetry: SilentTelemetry())
  }

  /// The next requests of producers are answered with these errors.
  func fail(_ errors: [rd_kafka_resp_err_t]) {
    rd_kafka_mock_push_request_errors_array(cluster, 0, errors.count, errors)
  }

  /// Whether nobody can connect to any broker.
  func setDown(_ isDown: Bool) {
    for broker in 1...3 as ClosedRange<Int32> {
      if isDown {
        rd_kafka_mock_broker_set_down(cluster, broker)
      } else {
        rd_kafka_mock_broker_set_up(cluster, broker)
      }
    }
  }

  func close() {
    rd_kafka_mock_cluster_destroy(cluster)
    client.destroy()
  }
}
