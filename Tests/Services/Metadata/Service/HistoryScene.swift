import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import TestSupport
import Wire

@testable import MetadataService

/// The metadata service fed from a bus, with a scheduler that knows the runs of a test.
struct HistoryScene: Sendable {
  let world: SimulatedWorld
  let archive: MemoryArchive
  let bus: FakeBus
  let network: FakeNetwork
  let scheduler = PastScheduler()
  let schedulerProcess: SimulatedProcess
  let service: SimulatedProcess

  init(
    _ world: SimulatedWorld, archive archiveFaults: MemoryArchive.Faults = .calm,
    bus busFaults: BusFaults = .calm, network networkFaults: NetworkFaults = .calm,
    configure: @escaping @Sendable (inout MetadataConfiguration) -> Void = { _ in }
  ) {
    self.world = world
    let archive = MemoryArchive(world, faults: archiveFaults)
    let bus = FakeBus(world, faults: busFaults)
    let network = FakeNetwork(world, faults: networkFaults)
    (self.archive, self.bus, self.network) = (archive, bus, network)
    schedulerProcess = world.process("scheduler")
    schedulerProcess.start { [scheduler] _ in
      try await network.serve(rpc: SchedulerMethods.service, scheduler)
    }
    service = world.process("metadata")
    service.start { environment in
      await MetadataServer(
        HistoryScene.ports(environment, archive, bus, network, configure)
      ).run()
    }
  }

  private static func ports(
    _ environment: ProcessEnvironment, _ archive: MemoryArchive, _ bus: FakeBus,
    _ network: FakeNetwork, _ configure: (inout MetadataConfiguration) -> Void = { _ in }
  ) -> MetadataPorts {
    var configuration = MetadataConfiguration()
    configure(&configuration)
    return MetadataPorts(
      archive: archive, bus: bus, network: network, context: context(environment),
      seal: CursorSeal(key: "key", digest: FakeDigest()), configuration: configuration)
  }

  static func context(_ environment: ProcessEnvironment) -> ServiceContext {
    ServiceContext(
      process: ProcessID(at: environment.time.now(), random: environment.randomness.next),
      time: environment.time, randomness: environment.randomness, spawner: environment.spawner,
      telemetry: environment.telemetry, probe: environment.probe)
  }

  /// The routes of the service, for a router in the process of the test.
  var routes: [Route] {
    MetadataServer(HistoryScene.ports(world.here, archive, bus, network)).routes
  }

  /// Waits until the group has committed all that the topics hold.
  func settle(within limit: Duration = .seconds(120)) async throws {
    try await world.wait(for: "the feed to catch up", within: limit) {
      ArchiveFeed.topics.allSatisfy { topic in
        bus.records(topic).allSatisfy { delivery in
          (bus.committed(ArchiveFeed.group, delivery.place) ?? 0) > delivery.offset
        }
      }
    }
  }

  var deadLetters: [BusRecord] { bus.records(ArchiveFeed.deadLetters).map(\.record) }

  // MARK: Asking

  /// Answers of the routes to somebody who may do everything, or to `principal`.
  func get(
    _ target: String, as principal: Principal? = nil
  ) async -> (status: Int, json: Value?) {
    struct Fixed: Authenticator {
      let principal: Principal
      func principal(authorization: [String]) async throws(Problem) -> Principal { principal }
    }
    let everybody = Principal(name: "ann", permissions: SortedSet(Permission.allCases))
    let router = Router(
      routes, authenticator: Fixed(principal: principal ?? everybody),
      context: HistoryScene.context(world.here))
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let response = await router.respond(
      to: HTTPRequest(method: "GET", path: parts[0], query: parts.count > 1 ? parts[1] : nil))
    guard case .bytes(let bytes) = response.body else { return (response.status, nil) }
    return (response.status, try? Value(json: bytes))
  }

  /// The ids of all pages of a list.
  func ids(_ target: String) async throws -> [String] {
    var ids: [String] = []
    var cursor: Value?
    repeat {
      var more = ""
      if case .string(let text)? = cursor {
        more = (target.contains("?") ? "&" : "?") + "cursor=" + text
      }
      let page = await get(target + more)
      try expectEqual(page.status, 200, target + more)
      ids += page.json?["items"]?.items.map { $0["id"]?.text ?? $0["task"]?.text ?? "" } ?? []
      cursor = page.json?["nextCursor"]
    } while cursor != nil && ids.count < 1_000
    return ids
  }

  // MARK: Messages

  static func started(
    _ number: UInt64, namespace: String = "default", workflow: String = "hello",
    labels: SortedMap<String, String> = [:], at second: Int64 = 0
  ) -> BusRecord {
    let run = RunID.sample(number).text
    return BusRecord(
      topic: "workflow.started", key: run,
      value: WorkflowStarted(
        run: run, namespace: namespace, workflow: workflow, version: "v1", labels: labels,
        createdAtUs: second * 1_000_000
      ).encoded())
  }

  static func completed(_ number: UInt64, outcome: String = "succeeded") -> BusRecord {
    let run = RunID.sample(number).text
    return BusRecord(
      topic: "workflow.completed", key: run,
      value: WorkflowCompleted(
        run: run, namespace: "default", workflow: "hello", outcome: outcome
      ).encoded())
  }

  static func lines(
    _ number: UInt64, from first: Int64, _ count: Int64, isLast: Bool = false
  ) -> BusRecord {
    let attempt = AttemptID.sample("say", run: number).description
    return BusRecord(
      topic: "task.logs", key: attempt,
      value: TaskLog(
        attempt: attempt, first: first,
        lines: (first..<first + count).map { line in
          TaskLog.Line(stream: "out", text: Array("line \(line)".utf8), atUs: line)
        }, isLast: isLast
      ).encoded())
  }
}

extension Value {
  subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  var items: [Value] { if case .array(let items) = self { items } else { [] } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
}

/// A scheduler that knows runs which have ended, or does not answer.
final class PastScheduler: RPCHandler {
  private struct State {
    var runs: SortedMap<String, (RunView, [TaskView])> = [:]
    var failure: RPCError?
    var calls = 0
    var exports = true
  }

  /// As the scheduler answers: runs in their order until there are enough tasks.
  private static func export(
    _ wanted: ExportRunsRequest, _ runs: SortedMap<String, (RunView, [TaskView])>
  ) -> ExportRunsResponse {
    var response = ExportRunsResponse()
    var count = 0
    for id in wanted.runs where count < Int(wanted.tasksMax) {
      guard let (view, tasks) = runs[id] else {
        response.runs.append(ExportRunsResponse.Run(id: id))
        continue
      }
      let page = Array(tasks.prefix(Int(wanted.tasksMax) - count))
      count += page.count
      response.runs.append(
        ExportRunsResponse.Run(
          id: id, run: view, tasks: page,
          next: page.count < tasks.count ? page.last?.task ?? "" : ""))
    }
    return response
  }

  private let state = Mutex(State())

  var failure: RPCError? {
    get { state.withLock { $0.failure } }
    set { state.withLock { $0.failure = newValue } }
  }

  var calls: Int { state.withLock { $0.calls } }

  /// Whether it knows the question for many runs, as an older one does not.
  var exports: Bool {
    get { state.withLock { $0.exports } }
    set { state.withLock { $0.exports = newValue } }
  }

  /// A run that has ended, with as many tasks.
  func put(_ number: UInt64, tasks: Int = 1, state word: String = "succeeded") {
    let run = RunID.sample(number).text
    let view = RunView(
      run: run, namespace: "default", workflow: "hello", version: "v1", state: word,
      createdAtUs: 1_000_000, startedAtUs: 3_500_000, endedAtUs: 10_000_000,
      counts: ["succeeded": Int64(tasks)], revision: 9)
    let views = (0..<tasks).map { number in
      TaskView(
        task: "t\(10_000 + number)", state: "succeeded",
        attempts: [
          AttemptView(
            fence: 1, worker: "w", state: "succeeded", queuedAtUs: 1_000_000,
            startedAtUs: 1_250_000, endedAtUs: 4_000_000, exitCode: 0)
        ], outputs: ["n": ValueMessage(.integer(Int64(number)))], revision: 3)
    }
    state.withLock { $0.runs[run] = (view, views) }
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    do {
      return try state.withLock { state in
        state.calls += 1
        if let failure = state.failure { throw failure }
        switch method {
        case SchedulerMethods.getRun:
          let run = try GetRunRequest(decoding: request).run
          guard let known = state.runs[run] else { throw RPCError(.notFound, "run \(run)") }
          return GetRunResponse(run: known.0).encoded()
        case SchedulerMethods.listTasks:
          let wanted = try ListTasksRequest(decoding: request)
          guard let known = state.runs[wanted.run] else {
            throw RPCError(.notFound, "run \(wanted.run)")
          }
          let rest = known.1.filter { $0.task > wanted.after }
          let page = Array(rest.prefix(Int(wanted.limit)))
          return ListTasksResponse(
            tasks: page, next: page.count < rest.count ? page.last?.task ?? "" : ""
          ).encoded()
        case SchedulerMethods.exportRuns where state.exports:
          let wanted = try ExportRunsRequest(decoding: request)
          return PastScheduler.export(wanted, state.runs).encoded()
        default: throw RPCError(.unimplemented, method)
        }
      }
    } catch let error as RPCError {
      throw error
    } catch {
      throw RPCError(.invalidArgument, "\(error)")
    }
  }
}
