internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import WorkflowCore

/// Definitions and their versions: kept once each, by the hash of what they mean.
final class DefinitionShelf: Sendable {
  /// A definition that was understood, with everything that is kept of it.
  struct Draft: Sendable {
    var definition: WorkflowDefinition
    var version: VersionID
    var source: DefinitionSource
    var normalForm: [UInt8]
    var warnings: [Finding]
  }

  struct Applied: Sendable {
    var record: WorkflowRecord
    var isNew: Bool
    var warnings: [Finding]
  }

  private let ports: WorkflowPorts
  private let texts: TextShelf
  private let cache = Mutex(SortedMap<VersionID, WorkflowDefinition>())

  init(_ ports: WorkflowPorts) {
    self.ports = ports
    texts = TextShelf(ports: ports)
  }

  /// Understands a definition, or says everything that is wrong with it.
  func draft(_ source: DefinitionSource) throws(Problem) -> Draft {
    let (definition, warnings) = try source.read(ports.scanner)
    let normalForm = Array(definition.normalForm.json.utf8)
    let hash = ports.digest.hexadecimal(of: normalForm)
    return Draft(
      definition: definition, version: VersionID(String(hash.prefix(16))), source: source,
      normalForm: normalForm, warnings: warnings)
  }

  // MARK: Change

  /// Makes the draft the newest version, unless it is that already: then nothing happens, whatever
  /// the caller believed, since a request that is sent again has had its way before.
  ///
  /// - Parameter match: what the caller believes to be the newest version.
  func apply(
    _ draft: Draft, by principal: String, match: EntityMatch?
  ) async throws(Problem) -> Applied {
    try await ports.untilCommitted { () throws(Problem) in
      let key = DefinitionShelf.key(draft.definition.namespace, draft.definition.name)
      let known = try await ports.record(WorkflowTables.workflows, key)
      let live = known.flatMap { $0.record.isDeleted ? nil : $0 }
      if let live, live.record.version == draft.version.text {
        return Applied(record: live.record, isNew: false, warnings: draft.warnings)
      }
      try DefinitionShelf.check(match, draft.definition.name, live?.record.version)
      let old = try await ports.record(
        WorkflowTables.versions, key + [.text(draft.version.text)])
      let record = record(draft, after: known?.record)
      let version = try await version(draft, record, by: principal)
      let batch = RecordBatch(entries: [
        known.map { WorkflowTables.workflows.update(record, over: $0.version) }
          ?? WorkflowTables.workflows.insert(record),
        old.map { WorkflowTables.versions.update(version, over: $0.version) }
          ?? WorkflowTables.versions.insert(version),
      ])
      guard try await ports.commits(batch) else { return nil }
      return Applied(record: record, isNew: true, warnings: draft.warnings)
    }
  }

  /// Hides a workflow. Runs that exist keep their versions.
  func delete(
    _ namespace: NamespaceName, _ name: WorkflowName, match: EntityMatch?
  ) async throws(Problem) {
    try await ports.untilCommitted { () throws(Problem) in
      let row = try await workflow(namespace, name)
      try DefinitionShelf.check(match, name, row.record.version)
      var record = row.record
      record.isDeleted = true
      record.updatedAtUs = ports.context.time.now().microseconds
      let batch = RecordBatch(
        entries: [WorkflowTables.workflows.update(record, over: row.version)])
      return try await ports.commits(batch) ? true : nil
    }
  }

  private static func check(
    _ match: EntityMatch?, _ name: WorkflowName, _ version: String?
  ) throws(Problem) {
    guard let match, !match.allows(version) else { return }
    throw Problem(
      412, "version-changed",
      version.map { "\(name) is at version \($0) by now; read it and try again" }
        ?? "\(name) does not exist, and so has no version that If-Match could mean")
  }

  private func record(_ draft: Draft, after known: WorkflowRecord?) -> WorkflowRecord {
    let now = ports.context.time.now().microseconds
    return WorkflowRecord(
      namespace: draft.definition.namespace.text, workflow: draft.definition.name.text,
      version: draft.version.text, number: (known?.number ?? 0) + 1,
      labels: draft.definition.labels, createdAtUs: known?.createdAtUs ?? now, updatedAtUs: now,
      description: draft.definition.description)
  }

  private func version(
    _ draft: Draft, _ record: WorkflowRecord, by principal: String
  ) async throws(Problem) -> VersionRecord {
    let source = try await texts.keep(draft.source.bytes, in: record.namespace)
    let normalForm = try await texts.keep(draft.normalForm, in: record.namespace)
    return VersionRecord(
      namespace: record.namespace, workflow: record.workflow, version: record.version,
      number: record.number, source: source == nil ? draft.source.bytes : [],
      normalForm: normalForm == nil ? draft.normalForm : [], createdAtUs: record.updatedAtUs,
      principal: principal, mediaType: draft.source.mediaType, sourceParts: source,
      normalFormParts: normalForm)
  }

  // MARK: Look

  private static func key(_ namespace: NamespaceName, _ name: WorkflowName) -> [RecordValue] {
    [.text(namespace.text), .text(name.text)]
  }

  func workflow(
    _ namespace: NamespaceName, _ name: WorkflowName
  ) async throws(Problem) -> Versioned<WorkflowRecord> {
    let row = try await ports.record(
      WorkflowTables.workflows, DefinitionShelf.key(namespace, name))
    guard let row, !row.record.isDeleted else {
      throw Problem.notFound("workflow \(namespace)/\(name)")
    }
    return row
  }

  func version(
    _ namespace: NamespaceName, _ name: WorkflowName, _ version: VersionID
  ) async throws(Problem) -> VersionRecord {
    // What is longer than a version can be is none, and no key of the store either.
    if version.text.utf8.count <= Slug.lengthMax {
      let key = DefinitionShelf.key(namespace, name) + [.text(version.text)]
      if let row = try await ports.record(WorkflowTables.versions, key) { return row.record }
    }
    throw Problem.notFound(
      "version \(version.text.prefix(80)) of workflow \(namespace)/\(name)")
  }

  func source(of version: VersionRecord) async throws(Problem) -> [UInt8] {
    try await texts.text(version.source, version.sourceParts, in: version.namespace)
  }

  func normalForm(of version: VersionRecord) async throws(Problem) -> [UInt8] {
    try await texts.text(version.normalForm, version.normalFormParts, in: version.namespace)
  }

  /// The definition of a version, understood.
  func definition(
    _ namespace: NamespaceName, _ name: WorkflowName, _ version: VersionID
  ) async throws(Problem) -> WorkflowDefinition {
    if let known = cache.withLock({ $0[version] }), known.namespace == namespace,
      known.name == name
    {
      return known
    }
    let normalForm = try await normalForm(of: try await self.version(namespace, name, version))
    guard let value = try? Value(json: normalForm, limits: .normalForm),
      let definition = DefinitionReader().read(normalForm: value).definition
    else { throw Problem(500, "definition-unreadable", "version \(version) cannot be read") }
    cache.withLock { cache in
      if cache.count >= ports.configuration.definitionsCachedMax, let first = cache.keys.first {
        cache[first] = nil
      }
      cache[version] = definition
    }
    return definition
  }
}
