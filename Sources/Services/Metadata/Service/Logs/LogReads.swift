internal import Domain
internal import Ports
internal import ServiceKit

/// The archive as those who read logs see it: many who follow one log cost it what one costs.
///
/// They stand at the same line as a rule, so that they ask for the same and wait for the same. Who
/// is behind reads by itself; who does not take what it is given keeps nobody waiting, and nothing
/// is held for it but its page.
final class LogReads: Sendable {
  private struct Place: Comparable {
    let attempt: AttemptID
    let from: Int64
    /// Of lines, or of microseconds to wait.
    let limit: Int64

    static func < (left: Place, right: Place) -> Bool {
      (left.attempt, left.from, left.limit) < (right.attempt, right.from, right.limit)
    }
  }

  private let archive: any JobArchive
  private let pages = SharedWork<Place, LogChunk>()
  private let waits = SharedWork<Place, Bool>()

  init(_ archive: any JobArchive) {
    self.archive = archive
  }

  func lines(
    of attempt: AttemptID, from: Int64, limit: Int
  ) async throws(ArchiveError) -> LogChunk {
    let place = Place(attempt: attempt, from: from, limit: Int64(limit))
    return try await pages.answer(to: place) { () throws(ArchiveError) in
      try await archive.lines(of: attempt, from: from, limit: limit)
    }
  }

  /// Returns when the attempt may have lines at or beyond `from`, or after `wait`, counted from the
  /// first who waits for the same.
  func wait(for attempt: AttemptID, from: Int64, wait: Duration) async {
    let place = Place(attempt: attempt, from: from, limit: wait.wholeMicroseconds)
    _ = await waits.answer(to: place) { () throws(Never) in
      await archive.waitForLines(of: attempt, from: from, wait: wait)
      return true
    }
  }
}
