internal import Domain
internal import Ports
internal import SimulationKit

/// A commit whose client was told that nobody knows, and that is not decided yet.
///
/// It holds the locks of its rows, as a transaction on a lost connection does: whoever commits to
/// one of them, or settles it, has it decided first. Plain reads see the state before.
struct DoubtfulCommit {
  var number: UInt64
  var batch: RecordBatch
  var version: CommitID
  var messageIDs: [Int64]
  var willApply: Bool
  var writer: Incarnation?

  /// Inserts into a table with unique values may collide there without sharing a key.
  func overlaps(_ other: RecordBatch, uniqueTables: SortedSet<String>) -> Bool {
    let own = SortedSet(batch.entries.map(RecordPlace.init))
    let ownInserts = DoubtfulCommit.insertedTables(of: batch)
    return other.entries.contains { own.contains(RecordPlace($0)) }
      || DoubtfulCommit.insertedTables(of: other).contains {
        ownInserts.contains($0) && uniqueTables.contains($0)
      }
  }

  func touches(_ table: String, _ keys: [[RecordValue]]) -> Bool {
    let wanted = SortedSet(keys.map { RecordPlace(table: table, key: RecordKey(values: $0)) })
    return batch.entries.contains { wanted.contains(RecordPlace($0)) }
  }

  private static func insertedTables(of batch: RecordBatch) -> SortedSet<String> {
    SortedSet(
      batch.entries.compactMap { entry in
        if case .insert = entry.change { return entry.table }
        return nil
      })
  }
}
