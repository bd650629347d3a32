import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Synchronization
import Wire

@testable import MetadataService

/// The metadata service in a world with a scheduler and an archive.
struct LogScene: Sendable {
  let world: SimulatedWorld
  let archive: FakeJobArchive
  /// The same, as the service sees it.
  let counted: CountedArchive
  let bus: FakeBus
  let scheduler = FakeScheduler()
  private let ports: MetadataPorts
  private let context: ServiceContext

  init(
    _ world: SimulatedWorld, archive archiveFaults: ArchiveFaults = .slow,
    bus busFaults: BusFaults = .calm,
    configure: (inout MetadataConfiguration) -> Void = { _ in }
  ) {
    self.world = world
    archive = FakeJobArchive(world, faults: archiveFaults)
    counted = CountedArchive(archive)
    bus = FakeBus(world, faults: busFaults)
    let network = FakeNetwork(world)
    let scheduler = scheduler
    world.process("scheduler").start { _ in
      try await network.serve(rpc: SchedulerMethods.service, scheduler)
    }
    var configuration = MetadataConfiguration()
    configure(&configuration)
    let here = world.here
    context = ServiceContext(
      process: ProcessID(at: here.time.now(), random: here.randomness.next), time: here.time,
      randomness: here.randomness, spawner: here.spawner, telemetry: here.telemetry)
    ports = MetadataPorts(
      archive: counted, bus: bus, network: network, context: context,
      seal: CursorSeal(key: "k", digest: FakeDigest()), configuration: configuration)
  }

  /// Runs what feeds the archive from the bus.
  func startFeed() {
    world.here.spawner.spawn("feed") { [ports] in await MetadataServer(ports).run() }
  }

  /// Starts to read a log.
  func read(
    _ path: String, accept: String = "text/event-stream", after id: String? = nil,
    of run: RunID = FakeScheduler.run,
    as principal: Principal = Principal(name: "ann", permissions: [.logRead])
  ) -> LogReader {
    let reader = LogReader()
    let router = Router(
      MetadataServer(ports).routes, authenticator: Somebody(principal: principal),
      context: context)
    let parts = path.split(separator: "?", maxSplits: 1)
    var fields = [HTTPField("Accept", accept)]
    if let id { fields.append(HTTPField("Last-Event-ID", id)) }
    let request = HTTPRequest(
      method: "GET", path: "/v1/runs/\(run.text)\(parts[0])",
      query: parts.count > 1 ? String(parts[1]) : nil, fields: HTTPFields(fields))
    let task = world.here.spawner.spawn("reader") { [time = world.here.time] in
      // The scheduler comes up first.
      try? await time.sleep(for: .milliseconds(1))
      let response = await router.respond(to: request)
      do {
        switch response.body {
        case .bytes(let bytes): try await reader.write(bytes)
        case .stream(let body): try await body(reader)
        }
        reader.end(response.status)
      } catch {
        reader.end(0)
      }
    }
    reader.set(task)
    return reader
  }

  func append(
    _ task: String, attempt fence: Int = 1, _ lines: Range<Int64>, at second: Int64 = 0,
    isLast: Bool = false
  ) async throws {
    try await archive.append([
      LogScene.chunk(FakeScheduler.attempt(task, fence), lines, at: second, isLast: isLast)
    ])
  }

  /// Lines whose text is their number, a second apart.
  static func chunk(
    _ attempt: AttemptID, _ lines: Range<Int64>, at second: Int64 = 0, isLast: Bool = false
  ) -> LogChunk {
    LogChunk(
      attempt: attempt, first: lines.lowerBound,
      lines: lines.map { number in
        OutputLine(
          stream: .out, bytes: Array("\(attempt.task)-\(attempt.fence)-\(number)".utf8),
          at: Moment(microseconds: (second + number) * 1_000_000))
      }, isLast: isLast)
  }

  func sleep(_ length: Duration) async throws {
    try await world.here.time.sleep(for: length)
  }

  /// Waits for the end of the stream and answers how long that took.
  func end(of reader: LogReader, within limit: Duration = .seconds(120)) async throws -> Duration {
    let start = world.elapsed
    try await world.wait(for: "the end of a log", within: limit) { reader.status != nil }
    return world.elapsed - start
  }
}

/// Takes in what a client would see.
final class LogReader: HTTPBodySink {
  private let state = Mutex((bytes: [UInt8](), status: Int?.none))
  private let task = Mutex<(any Spawned)?>(nil)

  func set(_ task: any Spawned) { self.task.withLock { $0 = task } }

  /// Goes away in the middle.
  func leave() { task.withLock { $0 }?.cancel() }

  func write(_ bytes: [UInt8]) async throws(HTTPError) {
    state.withLock { $0.bytes += bytes }
  }

  func end(_ status: Int) { state.withLock { $0.status = status } }

  /// Nil while the stream goes on; 0 when it was cut.
  var status: Int? { state.withLock { $0.status } }

  var text: String { String(decoding: state.withLock { $0.bytes }, as: UTF8.self) }

  /// The documents of the events named `line`.
  private var documents: [SortedMap<String, Value>] {
    text.split(separator: "\n").filter { $0.hasPrefix("data: ") && $0 != "data: {}" }
      .compactMap { line in
        guard case .object(let members)? = try? Value(json: String(line.dropFirst(6))) else {
          return nil
        }
        return members
      }
  }

  /// The texts of lines, without gaps.
  var lines: [String] {
    documents.filter { $0["isGap"] == nil }.map { members in
      if case .string(let text)? = members["text"] { text } else { "?" }
    }
  }

  /// What gaps say is missing; nil where nobody knows.
  var gaps: [Int64?] {
    documents.filter { $0["isGap"] != nil }.map { members in
      if case .integer(let count)? = members["missing"] { count } else { nil }
    }
  }

  var hasEndEvent: Bool { text.contains("event: end\n") }
}

private struct Somebody: Authenticator {
  let principal: Principal

  func principal(authorization: [String]) async throws(Problem) -> Principal { principal }
}
