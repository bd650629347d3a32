internal import Domain
internal import ServiceKit

/// Where a line stands in the log of a task: `2-17` is line 17 of the second attempt.
struct LogPlace: Hashable, Sendable {
  static let lineMax = Int64(Int32.max)

  var fence: Fence
  var line: Int64

  init(_ fence: Fence, _ line: Int64) {
    self.fence = fence
    self.line = line
  }

  /// Of what a reader has seen last.
  init(_ text: String) throws(Problem) {
    let numbers = text.split(separator: "-").compactMap { Int64($0) }
    guard numbers.count == 2, let fence = Int(exactly: numbers[0]), fence > 0,
      numbers[1] <= LogPlace.lineMax, text == "\(fence)-\(numbers[1])"
    else {
      throw Problem(400, "bad-last-event-id", "Last-Event-ID is not an id of this stream")
    }
    self.init(Fence(fence), numbers[1])
  }

  /// The line behind this one.
  var next: Int64 { line + 1 }

  var text: String { "\(fence)-\(line)" }
}
