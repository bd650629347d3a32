import Domain
import Testing

@testable import MetadataCore

struct HistoryComparisonTests {
  typealias Side = HistoryComparison.Side
  typealias Verdict = HistoryComparison.Verdict

  static let live = Side(revision: 3, state: "running")
  static let asked = Side(revision: 0, state: "queued")
  static let ended = Side(revision: 9, state: "succeeded", endedAt: Moment(microseconds: 50))

  private static func with(
    _ side: Side, _ change: (inout Side) -> Void
  ) -> Side {
    var side = side
    change(&side)
    return side
  }

  private func verdict(
    _ known: Side, _ shown: Side?, hasTasks: Bool = true, isHeard: Bool = true,
    keptSince: Int64 = 0
  ) -> Verdict {
    HistoryComparison(known: known, hasTasks: hasTasks, isHeard: isHeard, shown: shown)
      .verdict(keptSince: Moment(microseconds: keptSince))
  }

  @Test func `of a run that goes on history knows that it was asked for, and nothing else`() {
    #expect(verdict(Self.live, Self.asked) == .agrees)
    #expect(verdict(Self.live, nil) == .behind)
    #expect(verdict(Self.live, Self.ended) == .ahead)
    #expect(verdict(Self.live, Self.with(Self.live) { $0.revision = 4 }) == .ahead)
    // Its tasks come first, at the end of a run.
    for shown in [Self.asked, nil] {
      let comparison = HistoryComparison(known: Self.live, shown: shown, showsTasks: true)
      #expect(comparison.verdict(keptSince: .start) == .ahead)
    }
  }

  @Test func `of a run that has ended history knows what the records know`() {
    #expect(verdict(Self.ended, Self.ended) == .agrees)
    #expect(verdict(Self.ended, Self.ended, isHeard: false) == .unheard)
    for (hasTasks, expected) in [(true, Verdict.behind), (false, .lost)] {
      #expect(verdict(Self.ended, nil, hasTasks: hasTasks) == expected)
      #expect(verdict(Self.ended, Self.asked, hasTasks: hasTasks) == expected)
      let older = Self.with(Self.ended) { $0.revision = 8 }
      #expect(verdict(Self.ended, older, hasTasks: hasTasks) == expected)
    }
    let newer = Self.with(Self.ended) { $0.revision = 10 }
    #expect(verdict(Self.ended, newer) == .ahead)
  }

  @Test func `what moments do not explain is said to be so`() {
    let other = Self.with(Self.ended) { $0.state = "failed" }
    #expect(verdict(Self.ended, other) == .contradicts)
    let later = Self.with(Self.ended) { $0.endedAt = Moment(microseconds: 51) }
    #expect(verdict(Self.ended, later) == .contradicts)
    // Only what history has is forgotten, and nothing of it changes afterwards.
    let newer = Self.with(Self.ended) { $0.revision = 10 }
    #expect(verdict(Self.ended, newer, hasTasks: false) == .contradicts)
  }

  @Test func `what is not kept any longer is missing nowhere`() {
    #expect(verdict(Self.ended, nil, keptSince: 51) == .agrees)
    #expect(verdict(Self.ended, nil, hasTasks: false, keptSince: 51) == .agrees)
    #expect(verdict(Self.ended, nil, keptSince: 50) == .behind)
    #expect(verdict(Self.live, nil, keptSince: 51) == .behind)
  }
}
