import Domain
import NotificationCore
import Testing

struct StreakTests {
  private func recoveries(_ ends: [RunEnd]) -> [RunID] {
    var streak = Streak()
    return ends.filter { streak.apply($0).contains(.announceRecovery) }.map(\.run)
  }

  @Test func `only the first success after a failure is a recovery`() {
    let outcomes: [RunOutcome] = [
      .succeeded, .failed, .failed, .succeeded, .succeeded, .timedOut, .succeeded,
    ]
    let ends = outcomes.enumerated().map { place, outcome in
      RunEnd.sample(UInt64(place), outcome: outcome, at: Int64(place))
    }
    #expect(recoveries(ends) == [ends[3].run, ends[6].run])
  }

  @Test func `a cancellation says nothing about health`() {
    let ends: [RunEnd] = [
      .sample(1, outcome: .failed, at: 1), .sample(2, outcome: .cancelled, at: 2),
      .sample(3, outcome: .succeeded, at: 3),
    ]
    #expect(recoveries(ends) == [ends[2].run])
  }

  @Test func `ends that come twice or late change nothing`() {
    let failed = RunEnd.sample(1, outcome: .failed, at: 1)
    let good = RunEnd.sample(2, outcome: .succeeded, at: 2)
    #expect(recoveries([failed, good, good, failed, good]) == [good.run])
    #expect(recoveries([good, failed, failed]) == [])
  }
}
