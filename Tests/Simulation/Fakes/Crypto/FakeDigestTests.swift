import Ports
import SimulationFakes
import Testing

struct FakeDigestTests {
  @Test func `digests have 32 bytes, differ, and are the same in every process`() {
    let digest = FakeDigest()
    let inputs: [[UInt8]] = [[], [0], [0, 0], [1], [UInt8](repeating: 1, count: 1_000)]
    #expect(Set(inputs.map(digest.hexadecimal(of:))).count == inputs.count)
    #expect(inputs.allSatisfy { digest.digest($0).count == 32 })
    #expect(digest.digest([1, 2, 3]) == digest.digest([1, 2, 3]))
  }
}
