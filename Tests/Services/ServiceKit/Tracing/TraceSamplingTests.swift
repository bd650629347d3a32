import Domain
import Testing

@testable import ServiceKit

@Suite struct TraceSamplingTests {
  private static func traces(_ count: Int) -> [TraceID] {
    (0..<count).map { number in
      let random = StableHash.mixed(UInt64(number))
      return TraceID(of: SortableID(high: 1 << 60, low: random))
    }
  }

  @Test(arguments: [0, 1_000, 250_000, 500_000, 999_000, 1_000_000])
  func `as many are taken as was said`(millionths: Int) {
    let sampling = TraceSampling(millionths: millionths)
    let taken = Self.traces(100_000).filter(sampling.takes).count
    let isAll = millionths == 0 || millionths == 1_000_000
    #expect(abs(taken - millionths / 10) <= (isAll ? 0 : 600), "\(taken)")
  }

  @Test func `who takes more takes all that others take`() {
    let (few, many) = (TraceSampling(millionths: 10_000), TraceSampling(millionths: 200_000))
    for trace in Self.traces(10_000) where few.takes(trace) { #expect(many.takes(trace)) }
  }

  @Test func `shares beyond all and none are all and none`() {
    #expect(TraceSampling(millionths: 2_000_000) == .always)
    #expect(TraceSampling(millionths: -1) == .never)
  }
}
