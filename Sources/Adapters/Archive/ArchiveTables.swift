internal import Contracts
public import Ports

/// The tables of the embedded archive, as data.
public enum ArchiveTables {
  /// Everything a backend must build.
  public static let declarations: [TableDeclaration] = [
    jobs.declaration, tasks.declaration, chunks.declaration,
  ]

  static let jobs = Table<JobRecord>(
    TableDeclaration(
      name: "archive_job", key: [.init("run", .text)],
      columns: [.init("namespace", .text), .init("created_us", .integer)],
      indexes: [.init("newest", on: ["namespace", "created_us"])]),
    key: { [.text($0.run)] }, columns: { [.text($0.namespace), .integer($0.createdAtUs)] })

  static let tasks = Table<JobTaskRecord>(
    TableDeclaration(
      name: "archive_task",
      key: [.init("run", .text), .init("name", .text), .init("instance", .integer)]),
    key: { [.text($0.run), .text($0.name), .integer($0.index)] })

  static let chunks = Table<LogChunkRecord>(
    TableDeclaration(
      name: "archive_log_chunk", key: [.init("attempt", .text), .init("first_line", .integer)]),
    key: { [.text($0.attempt), .integer($0.first)] })
}
