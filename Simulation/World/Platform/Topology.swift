/// How many processes of each kind a world has. Services with routes have one each.
public struct Topology: Hashable, Sendable {
  public var schedulers: Int
  public var workers: Int
  public var slotsPerWorker: Int

  public init(schedulers: Int = 2, workers: Int = 3, slotsPerWorker: Int = 4) {
    self.schedulers = schedulers
    self.workers = workers
    self.slotsPerWorker = slotsPerWorker
  }

  /// How many processes there are of what is called so.
  public func count(of role: String) -> Int { Role(rawValue: role).map(count(of:)) ?? 0 }

  /// How many processes of a role there are.
  public func count(of role: Role) -> Int {
    switch role {
    case .scheduler: schedulers
    case .worker: workers
    case .iam, .workflow, .metadata, .artifact, .notification: 1
    }
  }
}
