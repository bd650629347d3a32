import Domain
import Testing

@testable import SchedulerCore

@Suite struct PartitionLeaseTests {
  let me = ProcessID(SortableID(high: 1, low: 1))
  let other = ProcessID(SortableID(high: 2, low: 2))

  func sighting(_ owner: ProcessID?, _ renewals: Int64) -> PartitionLease.Sighting {
    PartitionLease.Sighting(owner: owner, epoch: 1, renewals: renewals)
  }

  func at(_ seconds: Int64) -> Uptime { Uptime(microseconds: seconds * 1_000_000) }

  @Test func `a partition without an owner is taken at once`() {
    var lease = PartitionLease(process: me, length: .seconds(3))
    #expect(lease.see(nil, at: at(0)) == .take)
    #expect(lease.see(sighting(nil, 4), at: at(0)) == .take)
  }

  /// Goal: life is judged by our own clock since the row was last seen to change.
  @Test func `an owner that shows no life for a lease loses its partition`() {
    var lease = PartitionLease(process: me, length: .seconds(3))
    #expect(lease.see(sighting(other, 7), at: at(100)) == .watch)
    #expect(lease.see(sighting(other, 7), at: at(102)) == .watch)
    #expect(lease.see(sighting(other, 8), at: at(103)) == .watch)
    #expect(lease.see(sighting(other, 8), at: at(105)) == .watch)
    #expect(lease.see(sighting(other, 8), at: at(106)) == .take)
  }

  @Test func `a process holds what it owns`() {
    var lease = PartitionLease(process: me, length: .seconds(3))
    #expect(lease.see(sighting(me, 7), at: at(0)) == .hold)
  }
}
