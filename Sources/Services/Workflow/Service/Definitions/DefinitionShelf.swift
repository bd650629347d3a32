internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import Wire
internal import WorkflowCore

/// Definitions and their versions: kept once each, by the hash of what they mean.
final class DefinitionShelf: Sendable {
  /// A definition that was understood, with everything that is kept of it.
  struct Draft: Sendable {
    var definition: WorkflowDefinition
    var version: VersionID
    var source: [UInt8]
    var normalForm: [UInt8]
    var warnings: [Finding]
  }

  struct Applied: Sendable {
    var record: WorkflowRecord
    var isNew: Bool
    var warnings: [Finding]
  }

  private let ports: WorkflowPorts
  private let cache = Mutex(SortedMap<VersionID, WorkflowDefinition>())

  init(_ ports: WorkflowPorts) {
    self.ports = ports
  }

  /// Understands a definition, or says everything that is wrong with it.
  func draft(_ source: [UInt8]) throws(Problem) -> Draft {
    let events: [DocumentEvent]
    do throws(Finding) {
      events = try ports.scanner.scan(source)
    } catch {
      throw Problem(findings: [error], count: 1)
    }
    let reading = DefinitionReader().read(events)
    guard let definition = reading.definition else {
      throw Problem(findings: reading.findings, count: reading.findingsCount)
    }
    let normalForm = Array(definition.normalForm.json.utf8)
    let hash = ports.digest.hexadecimal(of: normalForm)
    return Draft(
      definition: definition, version: VersionID(String(hash.prefix(16))), source: source,
      normalForm: normalForm, warnings: reading.findings)
  }

  /// Makes the draft the newest version, unless it is that already.
  ///
  /// - Parameter ifMatch: the version that the caller believes to be the newest.
  func apply(
    _ draft: Draft, by principal: String, ifMatch: String?
  ) async throws(Problem) -> Applied {
    let key = [
      RecordValue.text(draft.definition.namespace.text), .text(draft.definition.name.text),
    ]
    do throws(StoreError) {
      let known = try await ports.store.get(WorkflowTables.workflows, key: key)
      let live = known.flatMap { $0.record.isDeleted ? nil : $0 }
      if let ifMatch, ifMatch != "*", ifMatch != live?.record.version {
        throw StoreError.refused("")
      }
      if let live, live.record.version == draft.version.text {
        return Applied(record: live.record, isNew: false, warnings: draft.warnings)
      }
      let old = try await ports.store.get(
        WorkflowTables.versions, key: key + [.text(draft.version.text)])
      let record = record(draft, after: known?.record)
      let version = VersionRecord(
        namespace: record.namespace, workflow: record.workflow, version: record.version,
        number: record.number, source: draft.source, normalForm: draft.normalForm,
        createdAtUs: record.updatedAtUs, principal: principal)
      _ = try await ports.store.commit(
        RecordBatch(entries: [
          known.map { WorkflowTables.workflows.update(record, over: $0.version) }
            ?? WorkflowTables.workflows.insert(record),
          old.map { WorkflowTables.versions.update(version, over: $0.version) }
            ?? WorkflowTables.versions.insert(version),
        ]))
      return Applied(record: record, isNew: true, warnings: draft.warnings)
    } catch {
      if case .refused("") = error {
        throw Problem(
          412, "version-changed",
          "\(draft.definition.name) is not at version \(ifMatch ?? ""); read it and apply again")
      }
      throw Problem(error)
    }
  }

  private func record(_ draft: Draft, after known: WorkflowRecord?) -> WorkflowRecord {
    let now = ports.context.time.now().microseconds
    return WorkflowRecord(
      namespace: draft.definition.namespace.text, workflow: draft.definition.name.text,
      version: draft.version.text, number: (known?.number ?? 0) + 1,
      labels: draft.definition.labels, createdAtUs: known?.createdAtUs ?? now, updatedAtUs: now,
      description: draft.definition.description)
  }

  func workflow(
    _ namespace: NamespaceName, _ name: WorkflowName
  ) async throws(Problem) -> Versioned<WorkflowRecord> {
    do throws(StoreError) {
      let row = try await ports.store.get(
        WorkflowTables.workflows, key: [.text(namespace.text), .text(name.text)])
      guard let row, !row.record.isDeleted else { throw StoreError.refused("") }
      return row
    } catch {
      if case .refused("") = error { throw Problem.notFound("workflow \(namespace)/\(name)") }
      throw Problem(error)
    }
  }

  func version(
    _ namespace: NamespaceName, _ name: WorkflowName, _ version: VersionID
  ) async throws(Problem) -> VersionRecord {
    do throws(StoreError) {
      let row = try await ports.store.get(
        WorkflowTables.versions,
        key: [.text(namespace.text), .text(name.text), .text(version.text)])
      guard let row else { throw StoreError.refused("") }
      return row.record
    } catch {
      if case .refused("") = error {
        throw Problem.notFound("version \(version) of workflow \(namespace)/\(name)")
      }
      throw Problem(error)
    }
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
    let record = try await self.version(namespace, name, version)
    guard
      let value = try? Value(
        json: String(decoding: record.normalForm, as: UTF8.self),
        limits: .normalForm),
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

  /// Hides a workflow. Runs that exist keep their versions.
  func delete(
    _ namespace: NamespaceName, _ name: WorkflowName, ifMatch: String?
  ) async throws(Problem) {
    let row = try await workflow(namespace, name)
    if let ifMatch, ifMatch != "*", ifMatch != row.record.version {
      throw Problem(412, "version-changed", "\(name) is at version \(row.record.version) by now")
    }
    var record = row.record
    record.isDeleted = true
    record.updatedAtUs = ports.context.time.now().microseconds
    do throws(StoreError) {
      _ = try await ports.store.commit(
        RecordBatch(entries: [WorkflowTables.workflows.update(record, over: row.version)]))
    } catch {
      throw Problem(error)
    }
  }
}

extension Problem {
  /// Everything that is wrong with a definition.
  init(findings: [Finding], count: Int) {
    let first = findings.first.map { ": \($0.message)" } ?? ""
    self.init(
      422, "invalid-definition",
      "the definition has \(count) finding\(count == 1 ? "" : "s")\(first)",
      items: findings.map(Item.init))
  }
}

/// Gives the scheduler the versions that runs are pinned to.
struct VersionHandler: RPCHandler {
  let shelf: DefinitionShelf

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard method == WorkflowsMethods.getVersion else {
      throw RPCError(.unimplemented, "no method \(method)")
    }
    guard let message = try? GetVersionRequest(decoding: request),
      let namespace = NamespaceName(message.namespace), let name = WorkflowName(message.workflow)
    else { throw RPCError(.invalidArgument, "the request cannot be decoded") }
    do throws(Problem) {
      let record = try await shelf.version(namespace, name, VersionID(message.version))
      return GetVersionResponse(normalForm: record.normalForm).encoded()
    } catch {
      throw RPCError(error.status == 404 ? .notFound : .unavailable, error.detail)
    }
  }
}
