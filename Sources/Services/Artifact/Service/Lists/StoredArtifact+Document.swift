internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

extension Content {
  /// Strong: it changes with every bit.
  var entityTag: String { "\"sha256-\(digest.hexadecimal)\"" }
}

extension StoredArtifact {
  /// As clients see it.
  var value: Value {
    let parts = PartLayout(record)
    let isPending = content == nil
    return .record([
      ("id", .string(id.text)), ("namespace", .string(record.namespace)),
      ("run", .text(record.run.isEmpty ? nil : record.run)),
      ("task", .text(record.task.isEmpty ? nil : record.task)),
      ("attempt", record.task.isEmpty ? .null : .integer(record.attempt)),
      ("name", .string(record.name)), ("path", .text(record.path.isEmpty ? nil : record.path)),
      ("fileName", .string(place.fileName)), ("state", .string(isPending ? "pending" : "ready")),
      ("size", .integer(record.size)),
      ("sha256", .text(record.digest.isEmpty ? nil : record.digest)),
      ("contentType", .string(record.contentType)),
      ("createdAt", .time(Moment(microseconds: record.createdAtUs))),
      ("readyAt", .time(record.readyAtUs.map(Moment.init(microseconds:)))),
      ("expiresAt", .time(isPending ? nil : artifact.deadline)),
      ("createdBy", .string(record.principal)),
      ("partBytes", isPending && parts.count > 0 ? .integer(parts.partBytes) : .null),
      ("parts", isPending && parts.count > 0 ? .integer(Int64(parts.count)) : .null),
    ])
  }
}
