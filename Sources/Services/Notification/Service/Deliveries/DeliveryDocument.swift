internal import Contracts
internal import Domain
internal import NotificationCore
internal import ServiceKit

/// A message as clients see it.
enum DeliveryDocument {
  /// - Parameter isWhole: with every attempt that is kept.
  static func of(_ record: DeliveryRecord, isWhole: Bool) -> Value {
    let last = record.attempts.last
    var members: [(String, Value)] = [
      ("id", .string(record.delivery)), ("namespace", .string(record.namespace)),
      ("subscription", .text(record.subscription.isEmpty ? nil : record.subscription)),
      ("channel", .string(record.mail.isEmpty ? "webhook" : "email")),
      ("email", .text(record.mail.isEmpty ? nil : record.mail)),
      ("event", .string(record.occasion)), ("run", .text(record.isTest ? nil : record.end?.run)),
      ("workflow", .text(record.isTest ? nil : record.end?.workflow)),
      ("outcome", .text(record.isTest ? nil : record.end?.outcome)),
      ("state", .string(record.phase)), ("attemptCount", .integer(record.attemptCount)),
      ("createdAt", .time(Moment(microseconds: record.createdAtUs))),
      ("dueAt", .time(record.phase == "waiting" ? Moment(microseconds: record.phaseAtUs) : nil)),
      (
        "endedAt",
        .time(record.dueUs == nil ? Moment(microseconds: record.phaseAtUs) : nil)
      ), ("reason", note(record.note ?? last?.note)),
    ]
    if isWhole { members.append(("attempts", .array(record.attempts.map(attempt)))) }
    return .record(members)
  }

  private static func attempt(_ attempt: DeliveryRecord.Attempt) -> Value {
    .record([
      ("number", .integer(attempt.number)), ("result", .string(attempt.result)),
      ("startedAt", .time(Moment(microseconds: attempt.startedAtUs))),
      ("endedAt", .time(attempt.endedAtUs.map(Moment.init(microseconds:)))),
      ("reason", note(attempt.note)),
    ])
  }

  private static func note(_ note: DeliveryRecord.Note?) -> Value {
    guard let note else { return .null }
    return .record([
      ("code", .string(note.code)), ("message", .string(note.message)),
      ("status", note.status.map(Value.integer) ?? .null),
    ])
  }
}
