import Domain
import Testing

@testable import SchedulerCore

@Suite struct SessionWatchTests {
  let one = SessionID(SortableID(high: 1, low: 1))
  let two = SessionID(SortableID(high: 2, low: 2))

  func at(_ seconds: Int64) -> Uptime { Uptime(microseconds: seconds * 1_000_000) }

  @Test func `a session whose row stands still for a lease is over`() {
    var watch = SessionWatch(length: .seconds(30))
    #expect(watch.see([(one, 1), (two, 1)], at: at(0)) == [])
    #expect(watch.see([(one, 1), (two, 2)], at: at(20)) == [])
    #expect(watch.see([(one, 1), (two, 2)], at: at(30)) == [one])
    #expect(watch.see([(two, 2)], at: at(50)) == [two])
  }

  @Test func `a session that went away and came back starts anew`() {
    var watch = SessionWatch(length: .seconds(30))
    #expect(watch.see([(one, 1)], at: at(0)) == [])
    #expect(watch.see([], at: at(10)) == [])
    #expect(watch.see([(one, 1)], at: at(40)) == [])
    #expect(watch.see([(one, 1)], at: at(70)) == [one])
  }

  /// Goal: one report may cross a claim; only the second in a row means that nobody runs it.
  @Test func `an attempt is lost when its session leaves it out twice in a row`() {
    let run = RunID(SortableID(high: 1, low: 1))
    let ids = (1...3).map {
      AttemptID(run: run, task: TaskKey(TaskName(unchecked: "a")), fence: Fence($0))
    }
    var disowned = DisownedAttempts()
    #expect(disowned.compare(leased: ids, held: [ids[0]]) == [])
    #expect(disowned.compare(leased: ids, held: [ids[0], ids[1]]) == [ids[2]])
    #expect(disowned.compare(leased: ids, held: [ids[0]]) == [ids[2]])
    #expect(disowned.compare(leased: ids, held: SortedSet(ids)) == [])
  }
}
