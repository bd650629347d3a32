import Ports
import SimulationFakes
import TestSupport
import Testing

struct FakeDigestTests {
  @Test(arguments: DigestContract.cases)
  func `fake digests keep the contract`(
    _ promise: ContractCase<DigestContract.Subject>
  ) async throws {
    try await promise.check(DigestContract.Subject(FakeDigest()))
  }
}
