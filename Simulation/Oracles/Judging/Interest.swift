/// What an invariant looks at, so that it is not shown the rest.
public struct Interest: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  // Changes of rows.
  public static let runs = Interest(rawValue: 1 << 0)
  public static let tasks = Interest(rawValue: 1 << 1)
  public static let leases = Interest(rawValue: 1 << 2)
  public static let sessions = Interest(rawValue: 1 << 3)
  public static let partitions = Interest(rawValue: 1 << 4)
  public static let deadLetters = Interest(rawValue: 1 << 5)
  public static let requests = Interest(rawValue: 1 << 6)
  public static let deliveries = Interest(rawValue: 1 << 7)
  public static let notifiedEnds = Interest(rawValue: 1 << 8)
  public static let artifacts = Interest(rawValue: 1 << 9)
  public static let audits = Interest(rawValue: 1 << 10)

  // Other facts.
  public static let published = Interest(rawValue: 1 << 11)
  public static let executions = Interest(rawValue: 1 << 12)
  public static let asked = Interest(rawValue: 1 << 13)
  public static let answered = Interest(rawValue: 1 << 14)
  public static let received = Interest(rawValue: 1 << 15)
  public static let defined = Interest(rawValue: 1 << 16)
  public static let archived = Interest(rawValue: 1 << 17)
  public static let kept = Interest(rawValue: 1 << 18)
}

extension Fact {
  /// Who has none of it sees nothing in the fact.
  var interest: Interest {
    switch self {
    case .committed(let commit): commit.interest
    case .published: .published
    case .executionBegan, .executionEnded: .executions
    case .asked: .asked
    case .answered: .answered
    case .received: .received
    case .defined: .defined
    case .archived: .archived
    case .kept: .kept
    case .healed: []
    }
  }
}

extension RecordChange {
  var interest: Interest {
    switch self {
    case .run: .runs
    case .task: .tasks
    case .lease: .leases
    case .session: .sessions
    case .partition: .partitions
    case .deadLetter: .deadLetters
    case .request: .requests
    case .delivery: .deliveries
    case .notifiedEnd: .notifiedEnds
    case .artifact: .artifacts
    case .audit: .audits
    case .limitClaim, .endedRun, .version, .other: []
    }
  }
}
