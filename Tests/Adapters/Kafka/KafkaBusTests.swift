import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import KafkaAdapter

@Suite(.serialized) struct KafkaBusTests {
  private static let cases = BusContract.cases

  @Test(arguments: cases)
  func `the bus on a fast broker keeps the contract of Bus`(
    _ promise: ContractCase<BusSubject>
  ) async throws {
    let broker = try await TestBroker(.noida) { $0.hasStaticMembers = false }
    try await promise.check(broker.subject)
    await broker.close()
  }
}
