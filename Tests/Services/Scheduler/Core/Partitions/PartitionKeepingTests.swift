import Domain
import SchedulerCore
import TestSupport
import Testing

struct PartitionKeepingTests {
  private let me = ProcessID.sample(2)
  private let other = ProcessID.sample(3)

  private func at(_ seconds: Int64) -> Uptime { Uptime(microseconds: seconds * 1_000_000) }

  private func rows(
    _ owners: [ProcessID?], renewals: Int64 = 1
  ) -> [PartitionLease.Sighting?] {
    owners.map { PartitionLease.Sighting(owner: $0, epoch: 1, renewals: renewals) }
  }

  @Test func `a process that is alone takes everything, rows or not`() {
    var keeping = PartitionKeeping(process: me, length: .seconds(3))
    let look = PartitionKeeping.Look(
      partitions: [nil, nil] + rows([nil, me]), processes: [(me, 1)], owned: [])
    #expect(keeping.see(look, at: at(0)) == [.take(0), .take(1), .take(2), .take(3)])
  }

  @Test func `who has more than a share gives back, who has less takes what is free`() {
    var mine = PartitionKeeping(process: me, length: .seconds(3))
    let both = [(me, Int64(1)), (other, Int64(1))].map { (process: $0.0, renewals: $0.1) }
    let full = PartitionKeeping.Look(
      partitions: rows([me, me, me]), processes: both, owned: [0, 1, 2])
    // The first of two gets the odd one.
    #expect(mine.see(full, at: at(0)) == [.giveBack(2)])
    var theirs = PartitionKeeping(process: other, length: .seconds(3))
    let free = PartitionKeeping.Look(
      partitions: rows([me, nil, nil]), processes: both, owned: [])
    #expect(theirs.see(free, at: at(0)) == [.take(1)])
  }

  @Test func `what stays free for a lease is taken by anybody`() {
    var keeping = PartitionKeeping(process: other, length: .seconds(3))
    func look(_ renewals: Int64) -> PartitionKeeping.Look {
      PartitionKeeping.Look(
        partitions: rows([nil, other]), processes: [(me, renewals), (other, renewals)],
        owned: [1])
    }
    #expect(keeping.see(look(1), at: at(0)) == [])
    #expect(keeping.see(look(2), at: at(2)) == [])
    #expect(keeping.see(look(3), at: at(3)) == [.take(0)])
  }

  @Test func `an owner that is silent for a lease loses all of its partitions at once`() {
    var keeping = PartitionKeeping(process: me, length: .seconds(3))
    func look(_ processes: Int64) -> PartitionKeeping.Look {
      PartitionKeeping.Look(
        partitions: rows([other, other, other, other]),
        processes: [(me, 1), (other, processes)], owned: [])
    }
    #expect(keeping.see(look(1), at: at(0)) == [])
    // It said once more that it lives, but none of its partitions shows it.
    #expect(keeping.see(look(2), at: at(1)) == [])
    #expect(keeping.see(look(2), at: at(3)) == (0..<4).map { .take($0) })
    #expect(keeping.dead == [other])
  }

  @Test(arguments: 1...13)
  func `shares differ by one at most and add up`(count: Int) {
    let all = (1...count).map { ProcessID.sample(UInt64($0)) }
    let shares = all.map { process in
      var keeping = PartitionKeeping(process: process, length: .seconds(3))
      _ = keeping.see(
        PartitionKeeping.Look(
          partitions: Array(repeating: nil, count: 12), processes: all.map { ($0, 1) },
          owned: []), at: at(0))
      return keeping.share
    }
    #expect(shares.reduce(0, +) == 12)
    #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 1)
  }
}
