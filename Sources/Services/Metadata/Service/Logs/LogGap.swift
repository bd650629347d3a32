internal import Domain
internal import ServiceKit

/// That the log of an attempt ends here before its last line.
struct LogGap: Hashable, Sendable {
  var attempt: AttemptID
  /// How many lines are missing; nil when nobody knows.
  var missing: Int64?

  /// What readers see in place of the lines.
  var text: String {
    guard let missing else {
      return "[millrace] the worker of attempt \(attempt.fence) was lost: "
        + "its last lines may be missing"
    }
    let attempt = "of attempt \(attempt.fence)"
    return missing == 1
      ? "[millrace] 1 line \(attempt) is missing: it has not reached the archive"
      : "[millrace] \(missing) lines \(attempt) are missing: they have not reached the archive"
  }

  /// Like a line of the platform, without a number: it is not part of the log, and who connects
  /// again goes on behind the last line that was there.
  var value: Value {
    .record([
      ("task", .string(attempt.task.description)),
      ("attempt", .integer(Int64(attempt.fence.number))), ("stream", .string("system")),
      ("isGap", .boolean(true)), ("missing", missing.map(Value.integer) ?? .null),
      ("text", .string(text)),
    ])
  }
}
