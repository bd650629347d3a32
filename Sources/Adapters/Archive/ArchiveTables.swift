internal import Contracts
internal import Domain
internal import Ports

/// The tables of the archive.
///
/// Jobs are found newest first along an index of what a filter may name, each ending in the instant
/// of creation and the run.
enum ArchiveTables {
  static let declarations = [
    jobs.declaration, labels.declaration, tasks.declaration, heads.declaration,
    segments.declaration,
  ]

  static let jobs = Table<ArchivedJobRecord>(
    TableDeclaration(
      name: "archive_job", key: [.init("run", .text)],
      columns: [
        .init("namespace", .text), .init("workflow", .text), .init("state", .text),
        .init("created_at", .integer),
      ],
      indexes: [
        .init("archive_job_by_namespace", on: ["namespace", "created_at"]),
        .init("archive_job_by_workflow", on: ["namespace", "workflow", "created_at"]),
        .init("archive_job_by_state", on: ["namespace", "state", "created_at"]),
      ]),
    key: { [.text($0.run)] },
    columns: {
      [.text($0.namespace), .text($0.workflow), .text($0.state), .integer($0.createdAtUs)]
    })

  static let labels = Table<ArchivedLabelRecord>(
    TableDeclaration(
      name: "archive_label", key: [.init("run", .text), .init("name", .text)],
      columns: [
        .init("namespace", .text), .init("pair", .text), .init("created_at", .integer),
      ],
      indexes: [.init("archive_label_by_pair", on: ["namespace", "pair", "created_at"])]),
    key: { [.text($0.run), .text($0.name)] },
    columns: { label in
      [
        .text(label.namespace), .text(pair(label.name, label.value)),
        .integer(label.createdAtUs),
      ]
    })

  static let tasks = Table<ArchivedTaskRecord>(
    TableDeclaration(
      name: "archive_task",
      key: [.init("run", .text), .init("name", .text), .init("instance", .integer)]),
    key: { [.text($0.run), .text($0.name), .integer($0.index)] })

  static let heads = Table<LogHeadRecord>(
    TableDeclaration(name: "archive_log", key: [.init("attempt", .text)]),
    key: { [.text($0.attempt)] })

  static let segments = Table<LogSegmentRecord>(
    TableDeclaration(
      name: "archive_log_segment", key: [.init("attempt", .text), .init("first", .integer)]),
    key: { [.text($0.attempt), .integer($0.first)] })

  static func key(_ run: String, _ task: TaskKey) -> [RecordValue] {
    [.text(run), .text(task.name.text), .integer(Int64(task.index ?? -1))]
  }

  /// Whether jobs can be found by this label along the index. Longer names are found by looking.
  static func isIndexed(_ name: String, _ value: String) -> Bool {
    name.utf8.count <= 256 && !name.utf8.contains(0) && !value.utf8.contains(0)
  }

  /// Name and value as one indexed text; long values by their beginning and a hash, since whoever
  /// looks compares with the document in the end.
  static func pair(_ name: String, _ value: String) -> String {
    if value.utf8.count <= 512 { return name + "=" + value }
    var hash = StableHash()
    hash.combine(value)
    return name + "=" + value.unicodeScalars.prefix(64).map(String.init).joined()
      + "#" + String(hash.value, radix: 16)
  }
}
