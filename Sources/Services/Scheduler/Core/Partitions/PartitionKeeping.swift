public import Domain

/// Which partitions a process takes and gives back, so that all processes have about as many.
///
/// Everybody sees the same rows and counts the same processes, so that the shares add up without
/// anybody being asked. For a moment they may not: a partition that nobody takes although it is
/// free is taken by whoever sees it free for a lease.
public struct PartitionKeeping: Sendable {
  public enum Step: Hashable, Sendable {
    case take(Int)
    case giveBack(Int)
  }

  public struct Look: Sendable {
    /// The rows of all partitions, nil for those without one.
    public var partitions: [PartitionLease.Sighting?]
    /// All processes that say that they live, with how often they did.
    public var processes: [(process: ProcessID, renewals: Int64)]
    /// The partitions that this process works on.
    public var owned: SortedSet<Int>

    public init(
      partitions: [PartitionLease.Sighting?],
      processes: [(process: ProcessID, renewals: Int64)], owned: SortedSet<Int>
    ) {
      self.partitions = partitions
      self.processes = processes
      self.owned = owned
    }
  }

  private struct Life: Sendable {
    var renewals: Int64
    var changedAt: Uptime
  }

  public let process: ProcessID
  public let length: Duration
  private var leases: SortedMap<Int, PartitionLease> = [:]
  private var freeSince: SortedMap<Int, Uptime> = [:]
  private var lives: SortedMap<ProcessID, Life> = [:]
  /// Processes that have shown no life for a lease.
  public private(set) var dead: SortedSet<ProcessID> = []
  /// How many partitions this process should have.
  public private(set) var share = 0

  public init(process: ProcessID, length: Duration) {
    self.process = process
    self.length = length
  }

  /// Takes in one look at everything and answers what follows from it.
  public mutating func see(_ look: Look, at now: Uptime) -> [Step] {
    var free: [Int] = []
    dead = []
    for (partition, row) in look.partitions.enumerated() {
      var lease = leases[partition] ?? PartitionLease(process: process, length: length)
      let step = lease.see(row, at: now)
      leases[partition] = lease
      guard step != .watch, !look.owned.contains(partition) else {
        freeSince[partition] = nil
        continue
      }
      if freeSince[partition] == nil { freeSince[partition] = now }
      free.append(partition)
      // Whoever lost one partition to silence has lost them all.
      if step == .take, let owner = row?.owner { dead.insert(owner) }
    }
    count(look.processes, at: now)
    share = share(of: look.partitions.count)
    let room = max(share - look.owned.count, 0)
    let taken = free.enumerated().filter { place, partition in
      place < room || now - (freeSince[partition] ?? now) >= length
    }
    let tooMany = look.owned.members.suffix(max(look.owned.count - share, 0))
    return taken.map { .take($0.element) } + tooMany.map { .giveBack($0) }
  }

  private mutating func count(
    _ seen: [(process: ProcessID, renewals: Int64)], at now: Uptime
  ) {
    var next: [(ProcessID, Life)] = []
    for (process, renewals) in seen where process != self.process {
      let known = lives[process]
      let changedAt = known?.renewals == renewals ? known?.changedAt ?? now : now
      next.append((process, Life(renewals: renewals, changedAt: changedAt)))
      if now - changedAt >= length { dead.insert(process) }
    }
    lives = SortedMap(next)
  }

  /// The first processes get one more where the partitions do not divide.
  private func share(of partitions: Int) -> Int {
    let live = SortedSet(lives.keys.filter { !dead.contains($0) } + [process])
    let isEarly = live.lowerBound(of: process) < partitions % live.count
    return partitions / live.count + (isEarly ? 1 : 0)
  }
}
