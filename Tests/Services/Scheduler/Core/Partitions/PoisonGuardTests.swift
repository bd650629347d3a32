import SchedulerCore
import Testing

struct PoisonGuardTests {
  private let head = PoisonGuard.Place("task.completed", 7)

  @Test func `starts without progress make the owner careful and then set the head aside`() {
    var poison = PoisonGuard(startsWithoutProgress: 0)
    var seen: [(records: Int, setAside: PoisonGuard.Place?)] = []
    for _ in 1...4 {
      poison.countStart(with: head)
      seen.append((poison.recordsMax(500), poison.setAside))
    }
    #expect(seen.map(\.records) == [500, 1, 1, 1])
    #expect(seen.map(\.setAside) == [nil, nil, nil, head])
    poison.progressed()
    #expect(poison == PoisonGuard(startsWithoutProgress: 0))
  }

  @Test func `a start that lives on does not count, however often it comes to nothing`() {
    var poison = PoisonGuard(startsWithoutProgress: 0)
    for _ in 1...10 {
      poison.countStart(with: head)
      #expect(poison.setAside == nil)
      poison.survived()
    }
    #expect(poison.startsWithoutProgress == 0)
    poison.survived()
    #expect(poison.startsWithoutProgress == 0)
  }

  @Test func `a start that begins with another record does not blame it for the ones before`() {
    var poison = PoisonGuard(startsWithoutProgress: 3, head: head)
    let other = PoisonGuard.Place("run.commands", 1)
    poison.countStart(with: other)
    #expect(poison.setAside == nil)
    #expect(poison.isCareful)
    poison.countStart(with: other)
    poison.countStart(with: other)
    #expect(poison.setAside == other)
  }

  @Test func `a refused batch is taken one by one until all of it is through`() {
    var care = BatchCare.usual
    care.refused(records: 1)
    #expect(care == .usual)
    care.refused(records: 3)
    #expect(care.recordsMax(500) == 1)
    care.committed(records: 1)
    care.refused(records: 1)
    #expect(care == .oneByOne(left: 2))
    care.committed(records: 1)
    care.committed(records: 1)
    #expect(care == .usual)
  }
}
