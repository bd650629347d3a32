import CKafka
import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import KafkaAdapter

@Suite struct ProducerErrorTests {
  private func records(_ count: Int) -> [BusRecord] {
    (0..<count).map {
      BusRecord(topic: BusContract.topic, key: "k", value: [UInt8("\($0)".utf8.count)])
    }
  }

  private func outcome(of bus: KafkaBus, _ count: Int = 1) async -> BusError? {
    do throws(BusError) {
      try await bus.publish(records(count))
      return nil
    } catch { return error }
  }

  @Test(arguments: [
    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
  ])
  func `what passes is tried again until it is acknowledged`(
    _ error: rd_kafka_resp_err_t
  ) async throws {
    let cluster = try MockCluster()
    let bus = try await cluster.bus()
    #expect(await outcome(of: bus) == nil)
    cluster.fail([error, error])
    #expect(await outcome(of: bus, 10) == nil)
    await bus.close()
    cluster.close()
  }

  /// Publishes until that goes well, for a minute.
  private func lastOutcome(of bus: KafkaBus) async -> BusError? {
    let deadline = TestBroker.time.uptime() + .seconds(60)
    var last: BusError?
    repeat {
      last = await outcome(of: bus)
    } while last != nil && TestBroker.time.uptime() < deadline
    return last
  }

  @Test func `what the broker forbids is refused`() async throws {
    let cluster = try MockCluster()
    let bus = try await cluster.bus()
    cluster.fail([RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED])
    let forbidden = try #require(await outcome(of: bus))
    #expect(forbidden.isRefused && "\(forbidden)".contains("access rules"))
    await bus.close()
    cluster.close()
  }

  @Test func `brokers that are gone are said so in time, and used when they are back`() async throws
  {
    let cluster = try MockCluster()
    let bus = try await cluster.bus { $0.deliverWithin = .seconds(1) }
    #expect(await outcome(of: bus) == nil)
    cluster.setDown(true)
    let failure = try #require(await outcome(of: bus))
    #expect(!failure.isRefused)
    cluster.setDown(false)
    #expect(await lastOutcome(of: bus) == nil)
    await bus.close()
    cluster.close()
  }

  /// A producer whose identity the broker does not know any more may never produce again.
  @Test(arguments: [
    RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
    RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
  ])
  func `a producer that lost its identity is replaced`(_ error: rd_kafka_resp_err_t) async throws {
    let cluster = try MockCluster()
    let bus = try await cluster.bus()
    #expect(await outcome(of: bus) == nil)
    cluster.fail([error])
    _ = await outcome(of: bus)
    #expect(await lastOutcome(of: bus) == nil)
    await bus.close()
    cluster.close()
  }
}

extension BusError {
  var isRefused: Bool { if case .refused = self { true } else { false } }
}
