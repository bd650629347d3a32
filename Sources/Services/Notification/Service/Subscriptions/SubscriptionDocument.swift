internal import Contracts
internal import Domain
internal import NotificationCore
internal import Ports
internal import ServiceKit

/// A subscription as clients see it. Secrets are shown when they are made and never again.
enum SubscriptionDocument {
  static func of(_ record: SubscriptionRecord, secret: WebhookSecret? = nil) -> Value {
    .record([
      ("id", .string(record.subscription)), ("namespace", .string(record.namespace)),
      ("name", .string(record.name)),
      ("description", .text(record.description.isEmpty ? nil : record.description)),
      ("events", .array(record.occasions.map(Value.string))),
      ("workflows", record.workflows.isEmpty ? .null : .array(record.workflows.map(Value.string))),
      ("labels", record.labels.isEmpty ? .null : .labels(record.labels)),
      ("email", record.mail.isEmpty ? .null : .array(record.mail.map(Value.string))),
      ("webhook", webhook(record)), ("secret", .text(secret?.text)),
      ("state", .string(record.phase)), ("reason", .reason(reason(record))),
      ("failuresInRow", .integer(record.failuresInRow)), ("revision", .integer(record.revision)),
      ("createdAt", .time(Moment(microseconds: record.createdAtUs))),
      ("updatedAt", .time(Moment(microseconds: record.updatedAtUs))),
      ("createdBy", .string(record.principal)),
    ])
  }

  private static func webhook(_ record: SubscriptionRecord) -> Value {
    guard record.isWebhook else { return .null }
    let secrets = record.secrets.map { secret in
      Value.record([
        ("createdAt", .time(Moment(microseconds: secret.createdAtUs))),
        ("goodUntil", .time(secret.goodUntilUs.map(Moment.init(microseconds:)))),
      ])
    }
    return .record([
      ("url", .string(record.shownURL)), ("secrets", .array(secrets)),
    ])
  }

  private static func reason(_ record: SubscriptionRecord) -> Reason? {
    switch record.health.phase {
    case .active: nil
    case .paused(.asked, let since):
      Reason(code: "paused", message: "somebody paused it; resume it to go on", since: since)
    case .paused(.failures, let since):
      Reason(
        code: "too-many-failures",
        message:
          "\(record.failuresInRow) attempts in a row failed; mend the receiver and resume it",
        since: since)
    case .disabled(let since):
      Reason(
        code: "receiver-gone",
        message:
          "the receiver answered that it wants nothing any more; change its address or resume",
        since: since)
    }
  }
}
