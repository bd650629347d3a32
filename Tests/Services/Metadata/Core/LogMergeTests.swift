import Domain
import Testing

@testable import MetadataCore

/// Logs in memory, read by a merge as an archive is.
private struct Reading {
  var logs: SortedMap<AttemptID, [Moment]>
  var merge: LogMerge<Int>
  var written: [(log: AttemptID, line: Int64)] = []
  var bytesMost = 0
  var linesMost = 0
  var reads = 0
  /// Lines of each log that are there yet; all when it is absent.
  var there: SortedMap<AttemptID, Int> = [:]

  init(_ logs: SortedMap<AttemptID, [Moment]>, _ limits: LogMergeLimits = LogMergeLimits()) {
    self.logs = logs
    merge = LogMerge(limits)
  }

  /// Reads until everything that is there has been written.
  mutating func run() {
    while true {
      switch merge.next() {
      case .idle:
        return
      case .write(let id, let first, let lines):
        for (offset, line) in lines.enumerated() {
          #expect(Int64(line) == first + Int64(offset))
          written.append((id, first + Int64(offset)))
        }
      case .read(let id, let from, let limit):
        reads += 1
        let log = logs[id] ?? []
        let end = min(there[id] ?? log.count, Int(from) + limit)
        let entries = (Int(from)..<max(end, Int(from))).map {
          LogMerge.Entry(at: log[$0], bytes: 100, line: $0)
        }
        merge.add(entries, isLast: end == log.count)
        bytesMost = max(bytesMost, merge.bytesHeld)
        linesMost = max(linesMost, merge.bytesHeld / (100 + LogMergeLimits.lineOverhead))
      }
    }
  }
}

/// SplitMix64: the same numbers everywhere.
private struct SplitMix {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}

@Suite struct LogMergeTests {
  private static func log(_ number: Int, attempt: Int = 1) -> AttemptID {
    AttemptID(
      run: RunID(SortableID(high: 1, low: 1)),
      task: TaskKey(TaskName(unchecked: "t"), index: number), fence: Fence(attempt))
  }

  private static func at(_ second: Int64) -> Moment { Moment(microseconds: second * 1_000_000) }

  /// The order as it is promised, computed in the simplest way.
  private static func expected(
    _ logs: SortedMap<AttemptID, [Moment]>, _ starts: SortedMap<AttemptID, Moment>
  ) -> [(AttemptID, Int64)] {
    var all: [(at: Moment, id: AttemptID, line: Int64)] = []
    for (id, times) in logs {
      var floor = starts[id] ?? .start
      for (line, at) in times.enumerated() {
        floor = max(floor, at)
        all.append((floor, id, Int64(line)))
      }
    }
    return all.sorted { ($0.at, $0.id, $0.line) < ($1.at, $1.id, $1.line) }
      .map { ($0.id, $0.line) }
  }

  @Test func `lines come by time, then by task, then by their number`() {
    let (a, b) = (Self.log(1), Self.log(2))
    var reading = Reading([
      a: [1, 3, 3, 5].map(Self.at), b: [1, 2, 3, 9].map(Self.at),
    ])
    reading.merge.join([(b, Self.at(1)), (a, Self.at(0))])
    reading.run()
    let order = reading.written.map { "\($0.log == a ? "a" : "b")\($0.line)" }
    #expect(order == ["a0", "b0", "b1", "a1", "a2", "b2", "a3", "b3"])
    #expect(reading.merge.isOver)
  }

  @Test func `a clock that goes back never turns lines of one attempt around`() {
    let (a, b) = (Self.log(1), Self.log(2))
    var reading = Reading([a: [5, 2, 7].map(Self.at), b: [3, 6].map(Self.at)])
    reading.merge.join([(a, Self.at(4)), (b, Self.at(4))])
    reading.run()
    let order = reading.written.map { "\($0.log == a ? "a" : "b")\($0.line)" }
    #expect(order == ["b0", "a0", "a1", "b1", "a2"])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `whatever the logs and the limits, the order is the promised one`(seed: UInt64) {
    var random = SplitMix(state: seed)
    var logs: SortedMap<AttemptID, [Moment]> = [:]
    var starts: SortedMap<AttemptID, Moment> = [:]
    for number in 0..<random.below(40) + 1 {
      let id = Self.log(number / 2, attempt: number % 2 + 1)
      starts[id] = Self.at(Int64(random.below(50)))
      logs[id] = (0..<random.below(60)).map { _ in Self.at(Int64(random.below(100))) }
    }
    let limits = LogMergeLimits(
      bytesHeldMax: random.below(3_000) + 1, linesHeldMax: random.below(50) + 1,
      linesPerReadMax: random.below(9) + 1, linesPerStepMax: random.below(9) + 1)
    var reading = Reading(logs, limits)
    reading.merge.join(starts.map { ($0.key, $0.value) })
    reading.run()
    let expected = Self.expected(logs, starts)
    #expect(reading.written.count == expected.count)
    #expect(zip(reading.written, expected).allSatisfy { $0.log == $1.0 && $0.line == $1.1 })
    #expect(reading.merge.isOver)
    let pageBytes = limits.linesPerReadMax * (100 + LogMergeLimits.lineOverhead)
    #expect(reading.bytesMost <= limits.bytesHeldMax + pageBytes)
    #expect(reading.merge.bytesHeld == 0)
  }

  /// Goal: the memory of a merge does not grow with the run, nor do the pages get so small that
  /// everything is read many times.
  @Test func `ten thousand logs that are open at once are merged within the limits`() {
    var logs: SortedMap<AttemptID, [Moment]> = [:]
    logs.merge(
      (0..<10_000).map { number in
        (Self.log(number), (0..<10).map { Moment(microseconds: Int64($0 * 10_000 + number)) })
      })
    let limits = LogMergeLimits(bytesHeldMax: 2 << 20, linesHeldMax: 8_192)
    var reading = Reading(logs, limits)
    reading.merge.join(logs.map { ($0.key, .start) })
    reading.run()
    #expect(reading.written.count == 100_000)
    #expect(reading.bytesMost <= (2 << 20) + 500 * (100 + LogMergeLimits.lineOverhead))
    #expect(reading.reads <= 110_000)
  }

  @Test func `what was dry takes part again from where it was`() {
    let (a, b) = (Self.log(1), Self.log(2))
    var reading = Reading([a: [1, 4, 6].map(Self.at), b: [2, 5].map(Self.at)])
    reading.merge.join([(a, .start), (b, .start)])
    reading.there = [a: 1, b: 1]
    reading.run()
    #expect(reading.written.map(\.line) == [0, 0])
    #expect(reading.merge.dryLogs == [a, b])
    reading.there = [a: 3, b: 1]
    reading.merge.refresh()
    reading.run()
    #expect(reading.written.map(\.line) == [0, 0, 1, 2])
    #expect(reading.merge.dryLogs == [b])
    reading.merge.leave(b)
    #expect(reading.merge.isOver)
  }

  @Test func `a log that joins late or twice is read once`() {
    let (a, b) = (Self.log(1), Self.log(2))
    var reading = Reading([a: [1].map(Self.at), b: [0].map(Self.at)])
    reading.merge.join([(a, .start)])
    reading.run()
    reading.merge.join([(a, .start), (b, .start)])
    reading.run()
    #expect(reading.written.map(\.log) == [a, b])
    #expect(reading.merge.isOver)
  }
}
