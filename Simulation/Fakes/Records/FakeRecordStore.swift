internal import Domain
public import Ports
public import SimulationKit
internal import Synchronization

/// A batch that took effect, for those who watch.
public struct AppliedCommit: Sendable {
  public var batch: RecordBatch
  public var version: CommitID
  /// Who committed it; nil for a test that wrote directly.
  public var writer: Incarnation?
  /// Virtual time since the start of the world.
  public var at: Duration
}

/// A record store in the memory of the world, shared by all of its processes, that outlives them.
///
/// Keeps the contract of `RecordStore` and refuses what any backend would refuse. What the contract
/// leaves open it does in the nastiest way that its faults allow.
public final class FakeRecordStore: RecordStore {
  let world: SimulatedWorld
  let state: Mutex<State>
  private let versions: WorldRandom
  let latency: WorldRandom
  let chance: WorldRandom

  struct State {
    var content: RecordContent
    var faults: RecordStoreFaults
    var doubtful: [DoubtfulCommit] = []
    var doubtfulSoFar: UInt64 = 0
    var lastMessageID: Int64 = 0
    var waiting: [(shard: String, reply: Reply<Void>)] = []
    var observers: [@Sendable (AppliedCommit) -> Void] = []
    var commits = 0
  }

  /// - Parameter name: names the random streams; needed when a world has several stores.
  public init(
    _ world: SimulatedWorld, tables: [TableDeclaration], faults: RecordStoreFaults = .calm,
    name: String = "records"
  ) throws(StoreError) {
    self.world = world
    versions = world.stream(named: "\(name) versions")
    latency = world.stream(named: "\(name) latency")
    chance = world.stream(named: "\(name) faults")
    state = Mutex(State(content: try RecordContent(tables), faults: faults))
    world.onClose { [weak self] in self?.close() }
    world.onForget { [weak self] in self?.state.withLock { $0.content.removeAll() } }
  }

  // MARK: For tests and oracles, without delay or faults

  public var faults: RecordStoreFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  /// The names of all tables, sorted.
  public var tables: [String] { state.withLock { $0.content.tables.keys } }

  /// All rows of a table in the order of their keys.
  public func rows(_ table: String) -> [StoredRow] {
    state.withLock { $0.content.tables[table]?.rows.values ?? [] }
  }

  /// All records of a table; a body that cannot be decoded is left out.
  public func records<Record>(_ table: Table<Record>) -> [Record] {
    rows(table.name).compactMap { table.record($0.row) }
  }

  /// Messages that the bus has not acknowledged, in the order of their commits.
  public func outbox(shard: String) -> [PendingMessage] {
    state.withLock { $0.content.outbox.messages(of: shard) }
  }

  /// How many batches took effect.
  public var commitCount: Int { state.withLock { $0.commits } }
  /// How many commits are in doubt now.
  public var doubtfulCount: Int { state.withLock { $0.doubtful.count } }

  /// Calls `observer` within the world event that applied a batch.
  public func observe(_ observer: @escaping @Sendable (AppliedCommit) -> Void) {
    state.withLock { $0.observers.append(observer) }
  }

  /// Writes at once, to set a scene.
  @discardableResult
  public func write(_ batch: RecordBatch) throws(StoreError) -> CommitID {
    try applied(batch, by: nil).get()
  }

  // MARK: Applying

  func newVersion() -> CommitID { CommitID(bits: versions.next()) }

  /// Numbers are taken when a commit arrives, not when it is applied: their order is no order.
  func newMessageIDs(_ count: Int) -> [Int64] {
    let gaps = (0..<count).map { _ in Int64(1 + chance.below(3)) }
    return state.withLock { state in
      gaps.map { gap in
        state.lastMessageID += gap
        return state.lastMessageID
      }
    }
  }

  /// Judges and applies a batch now.
  func applied(_ batch: RecordBatch, by writer: Incarnation?) -> Result<CommitID, StoreError> {
    let version = newVersion()
    let messageIDs = newMessageIDs(batch.messages.count)
    let judgement: Result<CommitID, StoreError> = state.withLock { state in
      do throws(StoreError) {
        try state.content.checkForm(of: batch)
        try state.content.judge(batch)
        return .success(version)
      } catch {
        return .failure(error)
      }
    }
    if case .success = judgement {
      apply(batch, version: version, messageIDs: messageIDs, writer: writer)
    }
    return judgement
  }

  func apply(
    _ batch: RecordBatch, version: CommitID, messageIDs: [Int64], writer: Incarnation?
  ) {
    let shards = SortedSet(batch.messages.map(\.shard))
    let (observers, woken) = state.withLock { state in
      state.content.apply(batch, version: version, messageIDs: messageIDs)
      state.commits += 1
      let woken = state.waiting.filter { shards.contains($0.shard) }.map(\.reply)
      state.waiting.removeAll { shards.contains($0.shard) }
      return (state.observers, woken)
    }
    world.note("records.applied", version.bits)
    for reply in woken { world.schedule(after: .zero) { reply.send(()) } }
    let commit = AppliedCommit(batch: batch, version: version, writer: writer, at: world.elapsed)
    for observer in observers { observer(commit) }
  }

  /// Decides commits in doubt, as whoever waits for their locks would see it.
  func decide(where concerns: (DoubtfulCommit, SortedSet<String>) -> Bool) {
    let due: [DoubtfulCommit] = state.withLock { state in
      guard !state.doubtful.isEmpty else { return [] }
      let unique = SortedSet(
        state.content.tables.filter { $0.value.declaration.indexes.contains(where: \.isUnique) }
          .map(\.key))
      let due = state.doubtful.filter { concerns($0, unique) }
      state.doubtful.removeAll { doubtful in due.contains { $0.number == doubtful.number } }
      return due
    }
    for doubtful in due where doubtful.willApply {
      apply(
        doubtful.batch, version: doubtful.version, messageIDs: doubtful.messageIDs,
        writer: doubtful.writer)
    }
  }

  private func close() {
    state.withLock { state in
      state.doubtful = []
      state.waiting = []
      state.observers = []
    }
  }
}
