public import Domain

/// Where a listing of jobs goes on: instant of creation and run, the place of a job in whatever
/// index a filter uses.
public struct JobCursor: Hashable, Sendable {
  public var createdAt: Moment
  public var run: RunID

  public init(createdAt: Moment, run: RunID) {
    self.createdAt = createdAt
    self.run = run
  }

  public var text: String { "\(createdAt.microseconds)~\(run.text)" }

  /// - Throws: `.refused` unless it is what `text` writes.
  public init(_ text: String) throws(ArchiveError) {
    let parts = text.split(separator: "~", omittingEmptySubsequences: false)
    guard parts.count == 2, let created = Int64(parts[0]), let run = RunID(text: parts[1]) else {
      throw .refused("the cursor is not one of this listing")
    }
    self.init(createdAt: Moment(microseconds: created), run: run)
  }
}
