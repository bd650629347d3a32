import Domain
import Testing

@Suite struct StableHashTests {
  /// The vectors of FNV-1a and SplitMix64; the mixed ones computed apart, in Python.
  @Test func `it is FNV-1a finished by SplitMix64`() {
    var hash = StableHash()
    #expect(hash.value == StableHash.mixed(0xcbf2_9ce4_8422_2325))
    hash.combine(UInt8(ascii: "a"))
    #expect(hash.value == StableHash.mixed(0xaf63_dc4c_8601_ec8c))
    #expect(hash.value == 0x5f29_c2aa_dd9b_8527)
    #expect(StableHash.mixed(0) == 0xe220_a839_7b1d_cdaf)
    #expect(StableHash.mixed(0x9e37_79b9_7f4a_7c15) == 0x6e78_9e6a_a1b9_65f4)

    var keyed = StableHash()
    keyed.combine("run_1")
    keyed.combine(UInt64(3))
    #expect(keyed.value == 0x6d81_b096_7c1e_0eff)
  }

  @Test func `the seams between parts count`() {
    func hash(_ parts: String...) -> UInt64 {
      var hash = StableHash()
      for part in parts { hash.combine(part) }
      return hash.value
    }
    #expect(hash("ab", "c") != hash("a", "bc"))
    #expect(hash("a") != hash("a", ""))
    var bytes = StableHash()
    bytes.combine([1, 2])
    var others = StableHash()
    others.combine([1])
    others.combine([2])
    #expect(bytes.value != others.value)
  }

  @Test func `near keys are spread evenly over partitions`() {
    var counts = Array(repeating: 0, count: 12)
    for number in 0..<12_000 {
      var hash = StableHash()
      hash.combine("run-\(number)")
      counts[Int(hash.value % 12)] += 1
    }
    #expect(counts.allSatisfy { (880...1_120).contains($0) })
  }
}
