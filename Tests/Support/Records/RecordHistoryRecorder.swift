internal import Domain
internal import Ports
internal import Synchronization

extension RecordHistory {
  /// Runs the clients of a plan against the store and writes down what they did and saw.
  public static func record(
    _ subject: RecordStoreSubject, _ plan: RecordHistoryPlan
  ) async -> RecordHistory {
    let journal = HistoryJournal()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<plan.clients {
        group.addTask {
          var client = HistoryClient(number: number, plan: plan, subject: subject, journal: journal)
          await client.run()
        }
      }
    }
    var last = HistoryClient(
      number: plan.clients, plan: plan, subject: subject, journal: journal)
    await last.readEverythingSettled()
    return RecordHistory(keyCount: plan.keys, steps: journal.steps)
  }
}

private final class HistoryJournal: Sendable {
  private struct State {
    var clock = 0
    var steps: [RecordHistory.Step] = []
    var numbers = 0
  }

  private let state = Mutex(State())

  var steps: [RecordHistory.Step] { state.withLock { $0.steps } }

  func tick() -> Int {
    state.withLock { state in
      state.clock += 1
      return state.clock
    }
  }

  func newNumber() -> Int {
    state.withLock { state in
      state.numbers += 1
      return state.numbers
    }
  }

  func write(_ step: RecordHistory.Step) {
    state.withLock { $0.steps.append(step) }
  }
}

private struct HistoryClient {
  let number: Int
  let plan: RecordHistoryPlan
  let subject: RecordStoreSubject
  let journal: HistoryJournal
  private var randomState: UInt64

  init(
    number: Int, plan: RecordHistoryPlan, subject: RecordStoreSubject, journal: HistoryJournal
  ) {
    self.number = number
    self.plan = plan
    self.subject = subject
    self.journal = journal
    randomState = StableHash.mixed(plan.seed) ^ StableHash.mixed(UInt64(number) << 32)
  }

  private static let table = RecordStoreContract.rootTable.name

  mutating func run() async {
    for _ in 0..<plan.stepsPerClient {
      guard let seen = await read() else { continue }
      // An old view makes conflicts, and guards that must catch them.
      if draw(4) == 0 {
        try? await subject.time.sleep(for: .microseconds(Int64(draw(2_000))))
      }
      await commit(relyingOn: seen)
    }
  }

  mutating func readEverythingSettled() async {
    let keys = Array(0..<plan.keys)
    for _ in 0..<1_000 {
      let start = journal.tick()
      guard let rows = try? await subject.store.settle(Self.table, keys.map(Self.key)) else {
        continue
      }
      let sightings = keys.map { RecordHistory.Sighting(key: $0, row: Self.seen(rows[$0])) }
      write(start: start, sightings, effects: [], .read)
      return
    }
  }

  private mutating func draw(_ bound: Int) -> Int {
    randomState &+= 0x9e37_79b9_7f4a_7c15
    return Int(StableHash.mixed(randomState) % UInt64(bound))
  }

  private static func key(_ number: Int) -> [RecordValue] { [.integer(Int64(number))] }

  private static func seen(_ row: StoredRow?) -> RecordHistory.Sighting.Seen? {
    row.map { .init(writer: Int($0.bodyText) ?? -1, version: $0.version) }
  }

  private func write(
    number: Int? = nil, start: Int, _ sightings: [RecordHistory.Sighting],
    effects: [RecordHistory.Effect], _ ending: RecordHistory.Ending
  ) {
    journal.write(
      RecordHistory.Step(
        number: number ?? journal.newNumber(), client: self.number, start: start,
        end: ending == .unknown ? .max : journal.tick(), sightings: sightings, effects: effects,
        ending: ending))
  }

  /// Reads some rows by key, or all of them by a query.
  private mutating func read() async -> [RecordHistory.Sighting]? {
    let start = journal.tick()
    var sightings: [RecordHistory.Sighting] = []
    if draw(4) == 0 {
      let query = RecordQuery(table: Self.table, limit: 1_000)
      guard let page = try? await subject.store.query(query), page.next == nil else { return nil }
      for key in 0..<plan.keys {
        let row = page.rows.first { $0.row.key == Self.key(key) }
        sightings.append(.init(key: key, row: Self.seen(row)))
      }
    } else {
      var keys: [Int] = []
      for _ in 0..<(1 + draw(3)) {
        let key = draw(plan.keys)
        if !keys.contains(key) { keys.append(key) }
      }
      guard let rows = try? await subject.store.get(Self.table, keys.map(Self.key)) else {
        return nil
      }
      for (key, row) in zip(keys, rows) { sightings.append(.init(key: key, row: Self.seen(row))) }
    }
    write(start: start, sightings, effects: [], .read)
    return sightings
  }

  private mutating func commit(relyingOn seen: [RecordHistory.Sighting]) async {
    let step = journal.newNumber()
    var batch = RecordBatch()
    var used: [RecordHistory.Sighting] = []
    var effects: [RecordHistory.Effect] = []
    for sighting in seen.prefix(3) {
      let key = Self.key(sighting.key)
      let row = Row(key: key, body: [UInt8]("\(step)".utf8))
      let change: RecordBatch.Change
      switch (sighting.row, draw(10)) {
      case (nil, 0..<7):
        change = .insert(row)
        effects.append(.init(key: sighting.key, isPresent: true))
      case (nil, _):
        continue
      case (let found?, 0..<4):
        change = .guard(key: key, at: found.version)
      case (let found?, 4..<9):
        change = .update(row, over: found.version)
        effects.append(.init(key: sighting.key, isPresent: true))
      case (let found?, _):
        change = .delete(key: key, over: found.version)
        effects.append(.init(key: sighting.key, isPresent: false))
      }
      used.append(sighting)
      batch.entries.append(RecordBatch.Entry(table: Self.table, change))
    }
    guard !batch.isEmpty else { return }
    let start = journal.tick()
    let ending: RecordHistory.Ending
    do {
      ending = .committed(try await subject.store.commit(batch))
    } catch StoreError.outcomeUnknown {
      ending = .unknown
    } catch {
      ending = .aborted
    }
    write(number: step, start: start, used, effects: effects, ending)
  }
}
