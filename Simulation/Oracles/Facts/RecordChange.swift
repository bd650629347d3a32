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
    var table: String
    var key: [RecordValue]

    static func < (left: Place, right: Place) -> Bool {
      left.table == right.table
        ? left.key.lexicographicallyPrecedes(right.key) : left.table < right.table
    }
  }

  /// Bodies by place: decoded again when the row changes, which is cheaper than to keep them all.
  private var bodies: SortedMap<Place, [UInt8]> = [:]

  public init() {}

  /// - Parameter row: the body that the row has now; nil when it was deleted.
  public mutating func change(
    _ table: String, key: [RecordValue], body: [UInt8]?
  ) throws -> RecordChange {
    guard let read = RecordReader.readers[table] else { return .other(table: table) }
    let place = Place(table: table, key: key)
    let before = bodies[place]
    bodies[place] = body
    return try read(before, body)
  }

  private typealias Reader = @Sendable ([UInt8]?, [UInt8]?) throws -> RecordChange

  /// The names are part of what is stored, and so of what is looked at.
  private static let readers: SortedMap<String, Reader> = [
    "scheduler_run": { .run(try change($0, $1)) },
    "scheduler_task": { .task(try change($0, $1)) },
    "scheduler_lease": { .lease(try change($0, $1)) },
    "scheduler_session": { .session(try change($0, $1)) },
    "scheduler_partition": { .partition(try change($0, $1)) },
    "scheduler_limit_claim": { .limitClaim(try change($0, $1)) },
    "scheduler_ended_run": { .endedRun(try change($0, $1)) },
    "scheduler_dead_letter": { .deadLetter(try change($0, $1)) },
    "workflow_run_request": { .request(try change($0, $1)) },
    "workflow_version": { .version(try change($0, $1)) },
    "notification_delivery": { .delivery(try change($0, $1)) },
    "notification_end": { .notifiedEnd(try change($0, $1)) },
    "artifact": { .artifact(try change($0, $1)) },
    "iam_audit": { .audit(try change($0, $1)) },
  ]

  public static var tables: [String] { readers.keys }

  private static func change<Record: WireMessage & Sendable>(
    _ before: [UInt8]?, _ after: [UInt8]?
  ) throws -> Change<Record> {
    Change(
      before: try before.map { try Record(decoding: $0) },
      after: try after.map { try Record(decoding: $0) })
  }
}
