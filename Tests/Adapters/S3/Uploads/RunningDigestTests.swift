import CryptoAdapter
import Ports
import Testing

@testable import S3Adapter

@Suite struct RunningDigestTests {
  private let parts: [[UInt8]] = [[1], [2, 2], [3, 3, 3], [4]]

  private func planned(_ number: Int, tag: String = "t") -> PlannedPart {
    PlannedPart(
      number: number, size: Int64(parts[number - 1].count), place: .direct, tag: "\(tag)\(number)")
  }

  private func add(_ number: Int, to digest: RunningDigest) {
    let bytes = parts[number - 1]
    digest.add(number, bytes, digest: TestStore.digest.digest(bytes))
    digest.arrived(planned(number), listedTag: "l\(number)")
  }

  private func make(_ bytesMax: Int = 100) -> (RunningDigest, EarlyBytes) {
    let memory = EarlyBytes(bytesMax: bytesMax)
    return (RunningDigest(TestStore.digest, memory), memory)
  }

  private var all: [PlannedPart] { (1...4).map { planned($0) } }
  private var sum: [UInt8] { TestStore.digest.digest(parts.flatMap(\.self)) }

  @Test(arguments: [[1, 2, 3, 4], [4, 3, 2, 1], [2, 1, 4, 3], [1, 3, 3, 2, 2, 4, 1]])
  func `parts in any order make the digest of the whole`(_ order: [Int]) {
    let (digest, memory) = make()
    for number in order { add(number, to: digest) }
    #expect(digest.finish(all) == sum)
    #expect(digest.finish(all) == sum)
    #expect(memory.take(100))
  }

  @Test func `a part that is missing, not arrived or another one breaks it`() {
    let (missing, _) = make()
    for number in [1, 2, 4] { add(number, to: missing) }
    #expect(missing.finish(all) == nil)
    add(3, to: missing)
    #expect(missing.finish(all) == sum)
    #expect(missing.finish([planned(1), planned(2)]) == nil)

    let (lost, _) = make()
    for number in [1, 2, 3] { add(number, to: lost) }
    lost.add(4, parts[3], digest: TestStore.digest.digest(parts[3]))
    #expect(lost.finish(all) == nil)
    // It comes again.
    add(4, to: lost)
    #expect(lost.finish(all) == sum)

    let (replaced, _) = make()
    for number in 1...4 { add(number, to: replaced) }
    #expect(replaced.finish([planned(1, tag: "other")] + all.dropFirst()) == nil)
  }

  @Test func `parts that are left out do not count`() {
    let (digest, memory) = make()
    for number in [1, 2, 4] { add(number, to: digest) }
    let first = TestStore.digest.digest(parts[0] + parts[1])
    #expect(digest.finish([planned(1), planned(2)]) == first)
    // It is an end: nothing goes behind it.
    add(3, to: digest)
    #expect(digest.finish(all) == nil)
    #expect(memory.take(100))
  }

  @Test(arguments: [1, 3])
  func `other bytes under a number break it for good, early ones too`(_ number: Int) {
    let (digest, memory) = make()
    for number in [1, 3] { add(number, to: digest) }
    digest.add(number, [9], digest: TestStore.digest.digest([9]))
    for number in [2, 3, 4] { add(number, to: digest) }
    #expect(digest.finish(all) == nil)
    #expect(memory.take(100))
  }

  @Test func `early parts share their memory, and it comes back`() {
    let memory = EarlyBytes(bytesMax: 4)
    let one = RunningDigest(TestStore.digest, memory)
    let other = RunningDigest(TestStore.digest, memory)
    add(3, to: one)
    #expect(!memory.take(2))
    add(2, to: other)
    add(4, to: one)
    #expect(memory.take(0))
    // There was no room for the second of them.
    for number in [1, 3, 4] { add(number, to: other) }
    #expect(other.finish(all) == nil)
    for number in [1, 2] { add(number, to: one) }
    #expect(one.finish(all) == sum)
    #expect(memory.take(4))
  }

  @Test func `the memory of an upload that goes comes back`() {
    let memory = EarlyBytes(bytesMax: 3)
    do {
      let digest = RunningDigest(TestStore.digest, memory)
      add(3, to: digest)
      #expect(!memory.take(1))
    }
    #expect(memory.take(3))
  }

  @Test func `what arrived is known by what lists call it`() {
    let (digest, _) = make()
    add(2, to: digest)
    #expect(digest.part(2, listedTag: "l2") == planned(2))
    #expect(digest.part(2, listedTag: "l3") == nil)
    #expect(digest.part(1, listedTag: "l1") == nil)
  }

  @Test func `the ones that were not used for longest go`() {
    let digests = RunningDigests(countMax: 2, earlyBytesMax: 10)
    digests.begin("a", TestStore.digest)
    digests.begin("b", TestStore.digest)
    #expect(digests.find("a") != nil)
    digests.begin("c", TestStore.digest)
    #expect(digests.find("b") == nil)
    #expect(digests.find("a") != nil)
    digests.remove("a")
    #expect(digests.find("a") == nil)
  }
}
