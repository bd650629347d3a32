public import Contracts
internal import Domain
public import Ports
internal import Wire

/// A row that was written, in the words of its record: what it was, and what it is.
public enum RecordChange: Sendable {
  case run(Change<RunRecord>)
  case task(Change<TaskRecord>)
  case lease(Change<LeaseRecord>)
  case session(Change<SessionRecord>)
  case partition(Change<PartitionRecord>)
  case limitClaim(Change<LimitClaimRecord>)
  case endedRun(Change<EndedRunRecord>)
  case deadLetter(Change<DeadLetterRecord>)
  case request(Change<RunRequestRecord>)
  case version(Change<VersionRecord>)
  case delivery(Change<DeliveryRecord>)
  case notifiedEnd(Change<NotifiedEndRecord>)
  case artifact(Change<ArtifactRecord>)
  case audit(Change<AuditRecord>)
  /// A table that no invariant reads.
  case other(table: String)
}

public struct Change<Record: Sendable>: Sendable {
  public var before: Record?
  public var after: Record?

  public init(before: Record?, after: Record?) {
    self.before = before
    self.after = after
  }
}

/// Reads rows as they are written, and remembers what they were.
public struct RecordReader: Sendable {
  private struct Place: Hashable, Comparable {
    var key: [RecordValue]

    static func < (left: Place, right: Place) -> Bool {
      left.key.lexicographicallyPrecedes(right.key)
    }
  }

  /// The records that there are, by table and place.
  private var records: SortedMap<String, SortedMap<Place, any Sendable>> = [:]

  public init() {}

  /// - Parameter row: the body that the row has now; nil when it was deleted.
  public mutating func change(
    _ table: String, key: [RecordValue], body: [UInt8]?
  ) throws -> RecordChange {
    guard let read = RecordReader.readers[table] else { return .other(table: table) }
    let place = Place(key: key)
    let (change, record) = try read(records[table]?[place], body)
    records[table, default: [:]][place] = record
    return change
  }

  private typealias Reader =
    @Sendable ((any Sendable)?, [UInt8]?) throws -> (RecordChange, (any Sendable)?)

  /// The names are part of what is stored, and so of what is looked at.
  private static let readers: SortedMap<String, Reader> = [
    "scheduler_run": { try change($0, $1, RecordChange.run) },
    "scheduler_task": { try change($0, $1, RecordChange.task) },
    "scheduler_lease": { try change($0, $1, RecordChange.lease) },
    "scheduler_session": { try change($0, $1, RecordChange.session) },
    "scheduler_partition": { try change($0, $1, RecordChange.partition) },
    "scheduler_limit_claim": { try change($0, $1, RecordChange.limitClaim) },
    "scheduler_ended_run": { try change($0, $1, RecordChange.endedRun) },
    "scheduler_dead_letter": { try change($0, $1, RecordChange.deadLetter) },
    "workflow_run_request": { try change($0, $1, RecordChange.request) },
    "workflow_version": { try change($0, $1, RecordChange.version) },
    "notification_delivery": { try change($0, $1, RecordChange.delivery) },
    "notification_end": { try change($0, $1, RecordChange.notifiedEnd) },
    "artifact": { try change($0, $1, RecordChange.artifact) },
    "iam_audit": { try change($0, $1, RecordChange.audit) },
  ]

  public static var tables: [String] { readers.keys }

  private static func change<Record: WireMessage & Sendable>(
    _ before: (any Sendable)?, _ body: [UInt8]?, _ kind: (Change<Record>) -> RecordChange
  ) throws -> (RecordChange, (any Sendable)?) {
    let after = try body.map { try Record(decoding: $0) }
    return (kind(Change(before: before as? Record, after: after)), after)
  }
}
