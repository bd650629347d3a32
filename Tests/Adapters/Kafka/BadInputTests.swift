import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import KafkaAdapter

@Suite struct BadInputTests {
  private func configuration(_ brokers: String) -> KafkaConfiguration {
    KafkaConfiguration(
      brokers: brokers, clientName: "test", topics: [KafkaTopic(.topic(BusContract.topic))])
  }

  private func open(_ configuration: KafkaConfiguration) async throws -> KafkaBus {
    try await KafkaBus.open(
      configuration, on: TestBroker.loop, time: TestBroker.time, randomness: SystemRandomness(),
      telemetry: SilentTelemetry())
  }

  @Test func `a setting that the library does not know is named`() async throws {
    var odd = configuration("127.0.0.1:1")
    odd.settings = [("sasl.mechanizm", "PLAIN")]
    await #expect {
      try await open(odd)
    } throws: { error in
      "\(error)".contains("sasl.mechanizm") && (error as? BusError)?.isRefused == true
    }
  }

  @Test func `brokers that are not there are said so in time`() async throws {
    var nowhere = configuration("127.0.0.1:1")
    nowhere.answerWithin = .milliseconds(300)
    let bus = try await open(nowhere)
    let record = BusRecord(topic: BusContract.topic, key: "k", value: [])
    await #expect { try await bus.publish([record]) } throws: { error in
      if case .unavailable? = error as? BusError { true } else { false }
    }
    await bus.close()
  }

  @Test func `who makes topics learns why there is no broker`() async throws {
    var nowhere = configuration("127.0.0.1:1")
    nowhere.answerWithin = .seconds(2)
    let bus = try await open(nowhere)
    await #expect { try await bus.applyTopics() } throws: { error in
      "\(error)".contains("Connect to") && "\(error)".contains("refused")
    }
    await bus.close()
  }

  @Test func `a topic that is missing asks for the tool that makes it`() async throws {
    try await TestBroker.with(.noida) {
      $0.makesTopics = false
    } _: { broker in
      await #expect {
        try await broker.names.bounds([TopicPartition(BusContract.topic, 0)])
      } throws: { "\($0)".contains("millrace admin topics apply") }
    }
  }

  @Test func `a topic with another number of partitions is refused`() async throws {
    try await TestBroker.with(.noida) { broker in
      let name = broker.names.outer(TopicPartition(BusContract.topic, 0)).topic
      let administrator = broker.bus.administrator
      try await blocking(broker.bus.pool) { () throws(BusError) in
        try administrator.make([TopicPlan(name: name, partitions: 3, replication: 1, settings: [])])
      }
      await #expect {
        try await broker.names.bounds([TopicPartition(BusContract.topic, 0)])
      } throws: { "\($0)".contains("has 3 partitions and must have 12") }
    }
  }
}
