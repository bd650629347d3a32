import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import SQLiteAdapter

/// A bus with the topics of the contract.
func makeBus(
  in directory: String? = nil, time: any Time = RunningTime.time,
  adjust: (inout SQLiteBusConfiguration) -> Void = { _ in }
) async throws -> SQLiteBus {
  var engine = SQLiteConfiguration(directory.map { .directory($0) } ?? .memory)
  engine.lockWait = .seconds(3)
  var configuration = SQLiteBusConfiguration(
    topics: BusContract.topics.map { .topic($0) } + [.family(prefix: BusContract.familyPrefix)])
  adjust(&configuration)
  return try await SQLiteBus.open(
    try await SQLiteEngine.open(engine), configuration, time: time,
    randomness: SystemRandomness())
}

extension SQLiteBus {
  func trim(_ place: TopicPartition, below offset: Int64) async throws {
    let log = try #require(directory[place.topic]?.logs[place.partition])
    try await engine.write { connection throws(EngineError) in
      try LogTables.delete(log, below: offset, on: connection)
    } whenCommitted: { _ in
      log.forget(below: offset)
    }
  }
}

@Suite struct SQLiteBusTests {
  @Test(arguments: BusContract.cases)
  func `a bus in memory keeps the contract of Bus`(_ promise: ContractCase<BusSubject>) async throws
  {
    try await check(promise, on: try await makeBus())
  }

  @Test(arguments: BusContract.cases)
  func `a bus in a file keeps the contract of Bus`(_ promise: ContractCase<BusSubject>) async throws
  {
    let directory = try TemporaryDirectory()
    try await check(promise, on: try await makeBus(in: directory.path))
  }

  /// Without memory of its own, every read comes from the file.
  @Test(arguments: BusContract.cases)
  func `a bus that keeps no tail keeps the contract of Bus`(
    _ promise: ContractCase<BusSubject>
  ) async throws {
    let directory = try TemporaryDirectory()
    try await check(promise, on: try await makeBus(in: directory.path) { $0.tailBytesMax = 0 })
  }

  private func check(_ promise: ContractCase<BusSubject>, on bus: SQLiteBus) async throws {
    try await promise.check(
      BusSubject(bus, time: RunningTime.time) { place, offset in
        try await bus.trim(place, below: offset)
      })
    await bus.engine.close()
  }

  @Test func `logs, ends and offsets of groups survive opening again`() async throws {
    let directory = try TemporaryDirectory()
    let bus = try await makeBus(in: directory.path)
    let records = (0..<5).map { BusRecord(topic: "contract.one", key: "k", value: [$0]) }
    try await bus.publish(records)
    let place = TopicPartition("contract.one", Partitioning.partition(of: "k"))
    let member = try await bus.join(group: "g", member: "m", topics: ["contract.one"])
    let seen = try await member.poll(recordsMax: 3, wait: .zero)
    try await member.commit(seen)
    try await bus.trim(place, below: 2)
    let bounds = try await bus.bounds(place)
    await bus.engine.close()

    let again = try await makeBus(in: directory.path)
    #expect(try await again.bounds(place) == bounds)
    let rejoined = try await again.join(group: "g", member: "m", topics: ["contract.one"])
    let rest = try await rejoined.poll(recordsMax: 10, wait: .zero)
    #expect(rest.map(\.record) == [BusRecord](records[3...]))
    #expect(rest.map(\.offset) == [3, 4])
    await again.engine.close()
  }

  @Test func `an engine has one bus`() async throws {
    let bus = try await makeBus()
    await #expect(throws: SQLiteOpenError.mismatch(":memory: has a bus already")) {
      try await SQLiteBus.open(
        bus.engine, bus.configuration, time: RunningTime.time, randomness: SystemRandomness())
    }
    await bus.engine.close()
  }

  @Test func `the sweep deletes what is too old and what is too much`() async throws {
    let clock = SteppedTime()
    let bus = try await makeBus(time: clock) { configuration in
      configuration.retainFor = .seconds(100)
      configuration.retainRecordsMax = 5
      configuration.recordsPerWriteMax = 2
    }
    let place = TopicPartition("contract.one", Partitioning.partition(of: "k"))
    func publish(_ count: Int) async throws {
      try await bus.publish(
        (0..<count).map { _ in BusRecord(topic: "contract.one", key: "k", value: []) })
    }
    try await publish(3)
    #expect(try await bus.sweep() == 0)
    clock.step(.seconds(60))
    try await publish(1)
    clock.step(.seconds(60))
    #expect(try await bus.sweep() == 3)
    #expect(try await bus.bounds(place).earliest == 3)
    try await publish(8)
    #expect(try await bus.sweep() == 4)
    #expect(try await bus.bounds(place).earliest == 7)
    #expect(try await bus.bounds(place).end == 12)
    await bus.engine.close()
  }

  @Test func `topics of families are limited`() async throws {
    let bus = try await makeBus { $0.topicsMax = 3 }
    try await bus.publish([BusRecord(topic: "contract.pool.a", key: "", value: [])])
    await #expect(throws: BusError.self) {
      try await bus.publish([BusRecord(topic: "contract.pool.b", key: "", value: [])])
    }
    for odd in ["contract.pool.", "contract.pool.A", "contract.pool.é", "contract.poo"] {
      await #expect(throws: BusError.self) {
        try await bus.publish([BusRecord(topic: odd, key: "", value: [])])
      }
    }
    await bus.engine.close()
  }
}
