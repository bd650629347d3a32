internal import Ports

/// What concurrent clients of a record store did and saw: enough to find a serial order, or to show
/// that there is none.
public struct RecordHistory: Sendable {
  /// A row as a client saw it. Bodies carry the number of the commit that wrote them.
  struct Sighting: Hashable, Sendable {
    var key: Int
    /// Nil when the row was absent.
    var row: Seen?

    struct Seen: Hashable, Sendable {
      var writer: Int
      var version: CommitID
    }
  }

  struct Effect: Hashable, Sendable {
    var key: Int
    /// Whether the row is there afterwards, written by this step.
    var isPresent: Bool
  }

  enum Ending: Hashable, Sendable {
    case read
    case committed(CommitID)
    case unknown
    /// Conflict or unavailable: surely not applied.
    case aborted
  }

  /// A read, or a commit with the rows that it relied on.
  struct Step: Hashable, Sendable {
    var number: Int
    var client: Int
    /// Both from one counter: a step that ended before another began comes before it.
    var start: Int
    var end: Int
    var sightings: [Sighting]
    var effects: [Effect]
    var ending: Ending

    var isRequired: Bool {
      switch ending {
      case .read, .committed: true
      case .unknown, .aborted: false
      }
    }
  }

  var keyCount: Int
  /// In the order in which they were recorded; each client's in its order.
  var steps: [Step]

  /// How many commits were acknowledged.
  public var commitCount: Int {
    steps.count { step in
      if case .committed = step.ending { return true }
      return false
    }
  }

  public var unknownCount: Int { steps.count { $0.ending == .unknown } }
  public var abortCount: Int { steps.count { $0.ending == .aborted } }

  /// Throws unless some serial order explains everything that was acknowledged and seen, with every
  /// step between its start and its end.
  public func check() throws(ContractViolation) {
    try SerialOrderSearch(self).run()
  }
}

/// How the clients of a history behave.
public struct RecordHistoryPlan: Sendable {
  public var clients: Int
  public var stepsPerClient: Int
  public var keys: Int
  public var seed: UInt64

  public init(clients: Int = 8, stepsPerClient: Int = 30, keys: Int = 5, seed: UInt64) {
    self.clients = clients
    self.stepsPerClient = stepsPerClient
    self.keys = keys
    self.seed = seed
  }
}

extension RecordStoreContract {
  /// Histories of eight clients at once, each with a serial order. Fresh store for each case.
  public static let historyCases: [ContractCase<RecordStoreSubject>] = (UInt64(1)...4).map { seed in
    ContractCase("concurrent histories have a serial order, seed \(seed)") { subject in
      let history = await RecordHistory.record(subject, RecordHistoryPlan(seed: seed))
      try expect(history.commitCount > 20, "only \(history.commitCount) commits were acknowledged")
      try expect(history.abortCount > 0, "no commit met a conflict: the test does not bite")
      try history.check()
    }
  }
}
