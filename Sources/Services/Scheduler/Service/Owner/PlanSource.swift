internal import Contracts
internal import Domain
internal import Ports
internal import SchedulerCore
internal import ServiceKit
internal import Synchronization
internal import Wire

/// Plans by version: from memory, from the scheduler's own table, or from the workflow service,
/// which is asked once per version.
final class PlanSource: Sendable {
  enum Failure: Error {
    /// Nobody answered: try again later.
    case unavailable(String)
    /// There is no such version, or it cannot be understood: trying again would not help.
    case missing(String)
  }

  struct Key: Hashable, Comparable, Sendable {
    var namespace: NamespaceName
    var workflow: WorkflowName
    var version: VersionID

    var row: [RecordValue] { [.text(namespace.text), .text(workflow.text), .text(version.text)] }

    static func < (left: Key, right: Key) -> Bool {
      (left.namespace, left.workflow, left.version)
        < (right.namespace, right.workflow, right.version)
    }
  }

  private let ports: SchedulerPorts
  private let cache = Mutex(SortedMap<Key, Plan>())

  init(_ ports: SchedulerPorts) {
    self.ports = ports
  }

  func plan(_ key: Key) async throws(Failure) -> Plan {
    if let known = cache.withLock({ $0[key] }), !ports.context.probe.buggify("plans.forgotten") {
      return known
    }
    let stored: Versioned<PlanRecord>?
    do throws(StoreError) {
      stored = try await ports.store.get(SchedulerTables.plans, key: key.row)
    } catch {
      throw .unavailable("store: \(error)")
    }
    if let stored { return try remember(key, stored.record.normalForm) }
    let normalForm = try await ask(key)
    let plan = try remember(key, normalForm)
    let record = PlanRecord(
      version: key.version.text, namespace: key.namespace.text, workflow: key.workflow.text,
      normalForm: normalForm)
    do throws(StoreError) {
      _ = try await ports.store.commit(
        RecordBatch(entries: [SchedulerTables.plans.insert(record)]))
    } catch {
      // The row is a copy that whoever needs it can make again: another process made it first, or
      // the next load asks once more.
      ports.context.telemetry.log(.debug, "plan.not-stored", [("error", "\(error)")])
    }
    return plan
  }

  private func ask(_ key: Key) async throws(Failure) -> [UInt8] {
    let request = GetVersionRequest(
      namespace: key.namespace.text, workflow: key.workflow.text, version: key.version.text)
    do throws(RPCError) {
      let answer = try await ports.network.call(
        WorkflowsMethods.service, WorkflowsMethods.getVersion, request.encoded(),
        within: ports.configuration.planWithin)
      guard let response = try? GetVersionResponse(decoding: answer) else {
        throw RPCError(.internal, "the answer cannot be decoded")
      }
      return response.normalForm
    } catch {
      if error.code == .notFound { throw .missing("version \(key.version) does not exist") }
      throw .unavailable("workflow service: \(error.message)")
    }
  }

  private func remember(_ key: Key, _ normalForm: [UInt8]) throws(Failure) -> Plan {
    let definition = try PlanSource.definition(normalForm)
    let plan = Plan(definition, version: key.version)
    cache.withLock { cache in
      if cache.count >= ports.configuration.plansCachedMax, let first = cache.keys.first {
        cache[first] = nil
      }
      cache[key] = plan
    }
    return plan
  }

  private static func definition(_ normalForm: [UInt8]) throws(Failure) -> WorkflowDefinition {
    guard let text = String(validating: normalForm, as: UTF8.self),
      let value = try? Value(json: text, limits: .normalForm)
    else { throw .missing("its normal form is not JSON") }
    let reading = DefinitionReader().read(normalForm: value)
    guard let definition = reading.definition else {
      throw .missing(reading.findings.first?.message ?? "its normal form cannot be read")
    }
    return definition
  }
}
