import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import KafkaAdapter

/// The contract on two brokers, neither of which is Apache Kafka: `docs/conformance.md` says what
/// each does otherwise. A deviation that is gone fails here, too.
@Suite struct KafkaBusTests {
  /// Members give their partitions back when they leave.
  @Test(arguments: BusContract.cases)
  func `the bus on noida-db keeps the contract of Bus`(
    _ promise: ContractCase<BusSubject>
  ) async throws {
    try await Self.check(promise, besides: [], .noida, hasStaticMembers: false)
  }

  /// Members that leave keep their partitions for the length of a session, which never ends here.
  @Test(arguments: BusContract.cases)
  func `the bus with static members keeps the contract of Bus`(
    _ promise: ContractCase<BusSubject>
  ) async throws {
    let deviations = [
      "what was not committed comes again", "who stays takes over what the other had not committed",
    ]
    try await Self.check(promise, besides: deviations, .noida, hasStaticMembers: true)
  }

  @Test(arguments: BusContract.cases)
  func `the bus on Tansu keeps the contract of Bus`(
    _ promise: ContractCase<BusSubject>
  ) async throws {
    let deviations = [
      // The end of a log is where its last batch begins.
      "offsets grow and bounds enclose them",
      // There is no DeleteRecords: it ends the connection.
      "offsets below the first record are gone",
      "a log that lost everything goes on where it ended",
      "a group hears once that records are gone and goes on with the rest",
      // What lies beyond the end is waited for.
      "an offset beyond the end is gone",
    ]
    try await Self.check(promise, besides: deviations, .tansu, hasStaticMembers: false)
  }

  private static func check(
    _ promise: ContractCase<BusSubject>, besides deviations: [String], _ kind: TestBroker.Kind,
    hasStaticMembers: Bool
  ) async throws {
    try await TestBroker.with(kind) {
      $0.hasStaticMembers = hasStaticMembers
    } _: { broker in
      let subject = broker.subject
      guard deviations.contains(promise.name) else { return try await promise.check(subject) }
      // Where batches begin is a matter of time.
      let isIntermittent = promise.name == "offsets grow and bounds enclose them"
      await withKnownIssue(isIntermittent: isIntermittent) { try await promise.check(subject) }
    }
  }
}
