import SimulationFakes
import TestSupport
import Testing

struct FakeSignerTests {
  @Test(arguments: SignerContract.cases)
  func `fake signatures keep the contract`(
    _ promise: ContractCase<SignerContract.Subject>
  ) async throws {
    try await promise.check(SignerContract.Subject(FakeSigner()))
  }
}
