internal import Contracts
public import Ports

/// The tables of the workflow service, as data.
public enum WorkflowTables {
  /// Everything a backend must build.
  public static let declarations: [TableDeclaration] = [
    workflows.declaration, versions.declaration, texts.declaration, requests.declaration,
    answers.declaration,
  ]

  static let outboxShard = "workflow"

  static let workflows = Table<WorkflowRecord>(
    TableDeclaration(
      name: "workflow", key: [.init("namespace", .text), .init("workflow", .text)]),
    key: { [.text($0.namespace), .text($0.workflow)] })

  static let versions = Table<VersionRecord>(
    TableDeclaration(
      name: "workflow_version",
      key: [.init("namespace", .text), .init("workflow", .text), .init("version", .text)],
      columns: [.init("number", .integer)],
      indexes: [.init("numbers", on: ["namespace", "workflow", "number"])]),
    key: { [.text($0.namespace), .text($0.workflow), .text($0.version)] },
    columns: { [.integer($0.number)] })

  static let texts = Table<TextPartRecord>(
    TableDeclaration(
      name: "workflow_text",
      key: [.init("namespace", .text), .init("digest", .text), .init("part", .integer)]),
    key: { [.text($0.namespace), .text($0.digest), .integer(Int64($0.part))] })

  static let requests = Table<RunRequestRecord>(
    TableDeclaration(
      name: "workflow_run_request", key: [.init("run", .text)],
      columns: [
        .init("namespace", .text), .init("workflow", .text), .init("created_us", .integer),
      ],
      indexes: [
        .init("newest", on: ["namespace", "created_us"]),
        .init("newest_of_workflow", on: ["namespace", "workflow", "created_us"]),
      ]),
    key: { [.text($0.run)] },
    columns: { [.text($0.namespace), .text($0.workflow), .integer($0.createdAtUs)] })

  static let answers = Table<IdempotencyRecord>(
    TableDeclaration(
      name: "workflow_idempotency",
      key: [
        .init("namespace", .text), .init("principal", .text), .init("route", .text),
        .init("key", .text),
      ],
      columns: [.init("created_us", .integer)], indexes: [.init("age", on: ["created_us"])]),
    key: { [.text($0.namespace), .text($0.principal), .text($0.route), .text($0.key)] },
    columns: { [.integer($0.createdAtUs)] })
}
