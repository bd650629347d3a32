import Testing

@testable import SimulationKit

struct RandomStreamTests {
  /// The first outputs of the authors' reference implementation for the state 1, 2, 3, 4.
  @Test func `gives the known answers of xoshiro256**`() {
    var stream = RandomStream(state: (1, 2, 3, 4))
    let answers = (0..<6).map { _ in stream.next() }
    #expect(
      answers == [
        11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
        607_988_272_756_665_600,
      ])
  }

  @Test func `draws below a bound reach every number about as often`() {
    var stream = RandomStream(seed: 1, name: "dice")
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<60_000 { counts[stream.below(6)] += 1 }
    #expect(counts.allSatisfy { (9_500...10_500).contains($0) }, "\(counts)")
    #expect(stream.below(1) == 0)
    #expect(stream.below(0) == 0)
  }

  @Test func `streams of other names and seeds are other streams`() {
    var streams = [
      RandomStream(seed: 1, name: "a"), RandomStream(seed: 1, name: "b"),
      RandomStream(seed: 2, name: "a"), RandomStream(seed: 1, name: "a"),
    ]
    let firsts = streams.indices.map { streams[$0].next() }
    #expect(Set(firsts).count == 3)
    #expect(firsts[0] == firsts[3])
  }

  @Test func `chances hold at their ends and on average`() {
    var stream = RandomStream(seed: 5)
    #expect((0..<1_000).allSatisfy { _ in !stream.happens(.never) })
    #expect((0..<1_000).allSatisfy { _ in stream.happens(.always) })
    let hits = (0..<100_000).filter { _ in stream.happens(.percent(20)) }.count
    #expect((19_000...21_000).contains(hits))
  }

  @Test func `lengths stay in their range and reach both ends`() {
    var stream = RandomStream(seed: 9)
    let lengths = (0..<1_000).map { _ in stream.length(in: .microseconds(3)...(.microseconds(5))) }
    #expect(lengths.min() == .microseconds(3))
    #expect(lengths.max() == .microseconds(5))
  }
}
