import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import SimulationKit
import Testing
import Wire

@testable import MetadataService

@Suite struct LogStreamTests {
  private static func texts(_ task: String, attempt fence: Int = 1, _ lines: Range<Int>) -> [String]
  {
    lines.map { "\(task)-\(fence)-\($0)" }
  }

  /// Goal: the end of an attempt is not the end of its log.
  /// Method: the last lines reach the archive long after the scheduler knows of the end.
  @Test(arguments: ["/tasks/a/attempts/1/logs", "/tasks/a/logs", "/logs"])
  func `a follow goes on until the last line of an attempt that has ended`(
    path: String
  ) throws {
    try Simulation.run(seed: 1) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a")
      try await scene.append("a", 0..<3)
      let reader = scene.read(path + "?follow=true")
      try await scene.sleep(.seconds(5))
      #expect(reader.lines == Self.texts("a", 0..<3))
      scene.scheduler.set("a", end: "succeeded", logLines: 6)
      scene.scheduler.endRun()
      try await scene.sleep(.seconds(20))
      #expect(reader.status == nil, "three lines are missing")
      try await scene.append("a", 3..<5)
      try await scene.sleep(.seconds(20))
      try await scene.append("a", 5..<6)
      #expect(try await scene.end(of: reader) < .seconds(2))
      #expect(reader.lines == Self.texts("a", 0..<6))
      #expect(reader.gaps == [] && reader.hasEndEvent)
    }
  }

  @Test(arguments: ["/tasks/a/attempts/1/logs", "/tasks/a/logs", "/logs"])
  func `lines that never come are waited for so long and then said to be missing`(
    path: String
  ) throws {
    try Simulation.run(seed: 2) { world in
      let scene = LogScene(world) { $0.lateLinesWithin = .seconds(10) }
      scene.scheduler.set("a", end: "failed", logLines: 9)
      scene.scheduler.endRun("failed")
      try await scene.append("a", 0..<3)
      try await scene.append("a", 5..<9, isLast: true)
      let reader = scene.read(path + "?follow=true")
      let took = try await scene.end(of: reader)
      #expect(took >= .seconds(10) && took < .seconds(12))
      #expect(reader.lines == Self.texts("a", 0..<3))
      #expect(reader.gaps == [6])
      #expect(reader.text.contains("6 lines of attempt 1 are missing"))
      #expect(reader.hasEndEvent)
    }
  }

  @Test(arguments: ["/tasks/a/attempts/1/logs", "/tasks/a/logs", "/logs"])
  func `the log of a lost attempt ends when nothing has come for a while, and says so`(
    path: String
  ) throws {
    try Simulation.run(seed: 3) { world in
      let scene = LogScene(world) { $0.lostLinesWithin = .seconds(4) }
      scene.scheduler.set("a")
      try await scene.append("a", 0..<2)
      let reader = scene.read(path + "?follow=true")
      try await scene.sleep(.seconds(2))
      scene.scheduler.set("a", end: "lost")
      scene.scheduler.endRun("failed")
      try await scene.sleep(.seconds(2))
      try await scene.append("a", 2..<3)
      let took = try await scene.end(of: reader)
      #expect(took >= .seconds(3) && took < .seconds(7))
      #expect(reader.lines == Self.texts("a", 0..<3))
      #expect(reader.gaps == [nil])
    }
  }

  @Test func `late lines of an attempt come before those of the next`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a")
      let reader = scene.read("/tasks/a/logs?follow=true")
      try await scene.sleep(.seconds(1))
      scene.scheduler.set("a", end: "failed", logLines: 2)
      scene.scheduler.tryAgain("a")
      scene.scheduler.set("a", 2)
      try await scene.append("a", attempt: 2, 0..<1)
      try await scene.sleep(.seconds(3))
      try await scene.append("a", 0..<2, isLast: true)
      scene.scheduler.set("a", 2, end: "succeeded", logLines: 1)
      _ = try await scene.end(of: reader)
      #expect(reader.lines == Self.texts("a", 0..<2) + Self.texts("a", attempt: 2, 0..<1))
    }
  }

  @Test func `an attempt that prints nothing ends its follow soon, without a gap`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a")
      let reader = scene.read("/tasks/a/logs?follow=true")
      try await scene.sleep(.seconds(40))
      #expect(reader.text.contains(": alive"), "the stream says that it lives")
      scene.scheduler.set("a", end: "succeeded", logLines: 0)
      #expect(try await scene.end(of: reader) < .seconds(2))
      #expect(reader.lines == [] && reader.gaps == [])
    }
  }

  @Test(arguments: ["/tasks/a/attempts/1/logs", "/tasks/a/logs", "/logs"])
  func `who does not follow waits a moment for the end of what has ended, not for more`(
    path: String
  ) throws {
    try Simulation.run(seed: 6) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a")
      try await scene.append("a", 0..<2)
      let early = scene.read(path)
      #expect(try await scene.end(of: early) < .seconds(1))
      #expect(early.lines == Self.texts("a", 0..<2) && early.gaps == [])
      scene.scheduler.set("a", end: "succeeded", logLines: 3)
      let late = scene.read(path)
      try await scene.sleep(.milliseconds(500))
      try await scene.append("a", 2..<3)
      #expect(try await scene.end(of: late) < .seconds(1))
      #expect(late.lines == Self.texts("a", 0..<3) && late.gaps == [])
      scene.scheduler.set("a", end: "succeeded", logLines: 4)
      let never = scene.read(path)
      #expect(try await scene.end(of: never) < .seconds(3))
      #expect(never.gaps == [1])
    }
  }

  @Test func `a reader that connects again goes on behind the last line, not behind a gap`() throws
  {
    try Simulation.run(seed: 7) { world in
      let scene = LogScene(world) { $0.lateLinesWithin = .seconds(1) }
      scene.scheduler.set("a", end: "succeeded", logLines: 3)
      try await scene.append("a", 0..<2)
      let first = scene.read("/tasks/a/logs?follow=true")
      _ = try await scene.end(of: first)
      let ids = first.text.split(separator: "\n").filter { $0.hasPrefix("id: ") }
      #expect(ids == ["id: 1-0", "id: 1-1"])
      try await scene.append("a", 2..<3)
      let second = scene.read("/tasks/a/logs?follow=true", after: "1-1")
      _ = try await scene.end(of: second)
      #expect(second.lines == Self.texts("a", 2..<3))
    }
  }
  @Test func `gaps are told in every form`() throws {
    try Simulation.run(seed: 8) { world in
      let scene = LogScene(world) { $0.lateLinesWithin = .seconds(1) }
      scene.scheduler.set("a", end: "succeeded", logLines: 2)
      try await scene.append("a", 0..<1)
      for form in ["text/plain", "application/x-ndjson"] {
        let reader = scene.read("/tasks/a/logs?follow=true", accept: form)
        _ = try await scene.end(of: reader)
        #expect(reader.text.contains("[millrace] 1 line of attempt 1 is missing"))
      }
    }
  }

  /// Goal: the answer to a start is enough to read the log, however late the scheduler is.
  @Test(arguments: [false, true])
  func `the log of a run that was just started is waited for`(isComing: Bool) throws {
    try Simulation.run(seed: 11) { world in
      let scene = LogScene(world)
      scene.scheduler.isLate = true
      let run = RunID(SortableID(at: world.now, random: { 7 }))
      let reader = scene.read("/logs", of: run)
      let old = scene.read("/logs")
      #expect(try await scene.end(of: old) < .seconds(1))
      #expect(old.status == 404)
      try await scene.sleep(.seconds(2))
      #expect(reader.status == nil)
      if isComing {
        scene.scheduler.endRun()
        scene.scheduler.isLate = false
      }
      _ = try await scene.end(of: reader)
      #expect(reader.status == (isComing ? 200 : 404))
      #expect(world.now - run.id.madeAt < .seconds(6))
    }
  }

  @Test func `an attempt that there is not is not found`() throws {
    try Simulation.run(seed: 9) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a")
      for path in ["/tasks/a/attempts/2/logs", "/tasks/a/attempts/0/logs", "/tasks/b/logs"] {
        let reader = scene.read(path)
        _ = try await scene.end(of: reader)
        #expect(reader.status == 404, "\(path)")
      }
    }
  }

  @Test func `logs of a run in a foreign namespace do not exist`() throws {
    try Simulation.run(seed: 10) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a", end: "succeeded", logLines: 1)
      scene.scheduler.endRun()
      try await scene.append("a", 0..<1)
      let here = Principal(
        id: "1", kind: .user, name: "ann",
        namespaces: [NamespaceName(unchecked: "team"): [.logRead]])
      let elsewhere = Principal(
        id: "2", kind: .user, name: "bob",
        namespaces: [NamespaceName(unchecked: "other"): [.logRead]])
      for path in ["/tasks/a/attempts/1/logs", "/tasks/a/logs", "/logs"] {
        let (seen, unseen) = (scene.read(path, as: here), scene.read(path, as: elsewhere))
        _ = try await scene.end(of: seen)
        _ = try await scene.end(of: unseen)
        #expect(seen.status == 200 && seen.lines == Self.texts("a", 0..<1), "\(path)")
        #expect(unseen.status == 404, "\(path)")
      }
    }
  }

  /// Goal: whatever the bus does to the chunks of a log, a follower sees every line once, in order.
  /// Method: chunks come late, twice and out of order, through a hostile bus and the feed.
  @Test(arguments: 1...10 as ClosedRange<UInt64>)
  func `a follow over a hostile bus has every line once`(seed: UInt64) throws {
    try Simulation.run(seed: seed) { world in
      let scene = LogScene(world, archive: .slow, bus: .hostile)
      scene.startFeed()
      scene.scheduler.set("a")
      let readers = ["/tasks/a/attempts/1/logs", "/tasks/a/logs", "/logs"].map {
        scene.read($0 + "?follow=true")
      }
      let random = world.stream(named: "chunks")
      var chunks = (0..<20 as Range<Int64>).map { $0 * 5..<$0 * 5 + 5 }
      chunks = random.permuted(chunks + chunks.prefix(7))
      for (number, range) in chunks.enumerated() {
        if number == 20 {
          scene.scheduler.set("a", end: "succeeded", logLines: 100)
          scene.scheduler.endRun()
        }
        let chunk = LogScene.chunk(FakeScheduler.attempt("a"), range)
        let message = TaskLog(
          attempt: chunk.attempt.description, first: chunk.first,
          lines: chunk.lines.map {
            TaskLog.Line(stream: "out", text: $0.bytes, atUs: $0.at.microseconds)
          }, isLast: range.upperBound == 100)
        let record = BusRecord(
          topic: "task.logs", key: message.attempt, value: message.encoded())
        while (try? await scene.bus.publish([record])) == nil {
          try await scene.sleep(.milliseconds(100))
        }
        try await scene.sleep(random.length(in: .zero...(.seconds(1))))
      }
      for reader in readers {
        _ = try await scene.end(of: reader)
        #expect(reader.lines == Self.texts("a", 0..<100))
        #expect(reader.gaps == [])
      }
    }
  }
}
