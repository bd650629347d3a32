import SimulationFakes
import TestSupport
import Testing

struct FakeSealerTests {
  @Test(arguments: SealerContract.cases)
  func `fake sealing keeps the contract`(
    _ promise: ContractCase<SealerContract.Subject>
  ) async throws {
    try await promise.check(SealerContract.Subject(FakeSealer()))
  }
}
