import Foundation
import Testing

@testable import Domain

/// `api/workflow.schema.json` against the tables that definitions are read by. That it takes and
/// refuses the same files is checked by scripts/definitions.py in `make verify`.
struct WorkflowSchemaTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../..").standardizedFileURL

  private func schema() throws -> [String: Any] {
    let file = WorkflowSchemaTests.root.appending(path: "api/workflow.schema.json")
    let schema = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    return try #require(schema as? [String: Any])
  }

  private func part(_ name: String?) throws -> [String: Any] {
    let schema = try schema()
    guard let name else { return schema }
    let parts = try #require(schema["$defs"] as? [String: [String: Any]])
    return try #require(parts[name], "the schema has no \(name)")
  }

  private func properties(of name: String?) throws -> [String: [String: Any]] {
    let part = try part(name)
    return try #require(part["properties"] as? [String: [String: Any]])
  }

  private static let tables: [(name: String?, table: KeyTable)] = [
    (nil, .workflow), ("task", .task), ("defaults", .defaults), ("input", .input),
    ("typeMap", .type), ("timeLimits", .timeLimits), ("retry", .retry), ("backoff", .backoff),
    ("retryRule", .retryRule), ("http", .http),
    ("container", .container), ("artifact", .artifact), ("file", .file),
    ("concurrency", .concurrency), ("notify", .notify),
  ]

  @Test func `every map of a definition has the keys that its table has, and no other`() throws {
    for (name, table) in WorkflowSchemaTests.tables {
      let keys = try properties(of: name).keys.sorted()
      #expect(keys == table.keys.sorted(), "\(table.noun)")
      let isOpen = try part(name)["additionalProperties"] as? Bool
      #expect(isOpen == false, "\(table.noun)")
    }
    let source = WorkflowSchemaTests.root
      .appending(path: "Sources/Domain/Definition/Reading/KeyTable.swift")
    let text = try String(contentsOf: source, encoding: .utf8)
    let count = text.components(separatedBy: " = KeyTable(").count - 1
    #expect(count == WorkflowSchemaTests.tables.count, "a table is missing here")
  }

  private func refused(_ name: String?) throws -> [String] {
    try properties(of: name).filter {
      ($0.value["description"] as? String ?? "").contains("Not carried out by this version")
    }.keys.sorted()
  }

  @Test func `the schema says which keys are not carried out yet`() throws {
    let ofWorkflow = try refused(nil)
    let ofTask = try refused("task")
    #expect(ofWorkflow == EngineSupport.current.refusedWorkflowKeys.sorted())
    #expect(ofTask == EngineSupport.current.refusedTaskKeys.sorted())
  }

  private func words(_ key: String, of name: String) throws -> [String] {
    let property = try #require(try properties(of: name)[key])
    let items = property["items"] as? [String: Any]
    return (property["enum"] ?? items?["enum"]) as? [String] ?? []
  }

  @Test func `closed lists of words are those of the code`() throws {
    let onLimit = try words("onLimit", of: "concurrency")
    #expect(onLimit == ConcurrencyRule.OnLimit.allCases.map(\.rawValue))
    let occasions = try words("when", of: "notify")
    #expect(occasions == NotifyRule.Occasion.allCases.map(\.rawValue))
    let keeping = try words("when", of: "artifact")
    #expect(keeping == ArtifactRule.Occasion.allCases.map(\.rawValue))
    let jitter = try words("jitter", of: "backoff")
    #expect(jitter == Backoff.Jitter.allCases.map(\.rawValue))
    let network = try words("network", of: "container")
    #expect(network == TaskContainer.Network.allCases.map(\.rawValue))
    let needs = try part("needs")["anyOf"] as? [[String: Any]] ?? []
    let outcomes = needs.compactMap { $0["additionalProperties"] as? [String: Any] }
      .compactMap { $0["enum"] as? [String] }.flatMap(\.self)
    #expect(outcomes.sorted() == Need.Outcome.allCases.map(\.rawValue).sorted())
  }

  private func number(_ key: String, _ name: String?, _ word: String) throws -> Int? {
    try properties(of: name)[key]?[word] as? Int
  }

  @Test func `the limits of the schema are those of the reader`() throws {
    let limits = DefinitionLimits()
    let found = [
      try number("attempts", "retry", "maximum"), try number("rules", "retry", "maxItems"),
      try number("maxParallel", "task", "maximum"), try number("artifacts", "task", "maxItems"),
      try number("files", "task", "maxItems"), try number("notify", nil, "maxItems"),
      try number("email", "notify", "maxItems"), try number("maxParallel", "task", "minimum"),
    ]
    #expect(
      found == [
        limits.attemptsMax, limits.retryRulesMax, limits.itemsMax, limits.artifactsMax,
        limits.filesMax, limits.notificationsMax, limits.recipientsMax, 1,
      ])
    let contained = [
      try number("memoryMiB", "container", "minimum"),
      try number("memoryMiB", "container", "maximum"),
      try number("processes", "container", "minimum"),
      try number("processes", "container", "maximum"),
      try number("cpus", "container", "maximum"),
    ]
    let (memory, processes) = (TaskContainer.memoryMebibytes, TaskContainer.processes)
    #expect(
      contained == [
        memory.lowerBound, memory.upperBound, processes.lowerBound, processes.upperBound,
        Int(TaskContainer.processors.upperBound.scaled / Decimal.scale),
      ])
    for (name, most) in [
      ("inputs", limits.inputsMax), ("types", limits.outputsMax), ("labels", limits.labelsMax),
      ("environment", limits.environmentMax), ("tasks", limits.tasksMax),
    ] {
      let members = try part(name)["maxProperties"] as? Int
      #expect(members == most, "\(name)")
    }
  }
}
