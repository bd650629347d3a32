import Domain
import Ports
import SimulationFakes
import SimulationKit
import Testing

@testable import MetadataService

@Suite struct RunLogStreamTests {
  @Test func `the log of a run that has ended comes by time, then by task, then by line`() throws {
    try Simulation.run(seed: 1) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a", startedAt: 10_000_000, end: "succeeded", logLines: 2)
      scene.scheduler.set("b", startedAt: 5_000_000, end: "succeeded", logLines: 3)
      scene.scheduler.set("c", startedAt: 11_000_000, end: "succeeded", logLines: 0)
      scene.scheduler.set("d[0]", startedAt: 11_000_000, end: "failed", logLines: 1)
      scene.scheduler.set("d[0]", 2, startedAt: 13_000_000, end: "succeeded", logLines: 1)
      scene.scheduler.endRun()
      try await scene.append("a", 0..<2, at: 10)
      try await scene.append("b", 0..<3, at: 9)
      try await scene.append("d[0]", 0..<1, at: 11)
      try await scene.append("d[0]", attempt: 2, 0..<1, at: 13)
      let reader = scene.read("/logs")
      _ = try await scene.end(of: reader)
      #expect(
        reader.lines == [
          "b-1-0", "a-1-0", "b-1-1", "a-1-1", "b-1-2", "d[0]-1-0", "d[0]-2-0",
        ])
    }
  }

  @Test func `logs outlive what the scheduler knows of their run`() throws {
    try Simulation.run(seed: 5) { world in
      let scene = LogScene(world)
      scene.scheduler.endRun()
      scene.scheduler.forgetTasks()
      let names = ["a", "b", "b-2", "b[0]", "b[1]", "ba"]
      try await scene.archive.store(
        jobs: [],
        tasks: names.map { name in
          TaskDocument(
            run: FakeScheduler.run, task: FakeScheduler.key(name), revision: 1, state: "succeeded",
            attempts: [
              TaskDocument.Attempt(
                fence: Fence(1), state: "succeeded", startedAt: .start, endedAt: .start,
                logLines: 1)
            ])
        })
      for (second, name) in names.enumerated() {
        try await scene.append(name, 0..<1, at: Int64(second))
      }
      let whole = scene.read("/logs?follow=true")
      #expect(try await scene.end(of: whole) < .seconds(1))
      #expect(whole.lines == names.map { "\($0)-1-0" } && whole.gaps == [])
      for name in names {
        let reader = scene.read("/tasks/\(name)/logs?follow=true")
        #expect(try await scene.end(of: reader) < .seconds(1))
        #expect(reader.lines == ["\(name)-1-0"] && reader.gaps == [], "\(name)")
      }
      let none = scene.read("/tasks/b[2]/logs")
      _ = try await scene.end(of: none)
      #expect(none.status == 404)
    }
  }

  /// Goal: the order is the same while the run goes on as when it has ended.
  @Test func `what is there while a run goes on comes in the same order`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a", startedAt: 1_000_000)
      scene.scheduler.set("b", startedAt: 1_000_000)
      try await scene.append("a", 0..<3, at: 1)
      try await scene.append("b", 0..<3, at: 1)
      let reader = scene.read("/logs?follow=true")
      try await scene.sleep(.seconds(2))
      let order = ["a-1-0", "b-1-0", "a-1-1", "b-1-1", "a-1-2", "b-1-2"]
      #expect(reader.lines == order)
      // Printed before what has been sent: it comes when it can.
      scene.scheduler.set("c", startedAt: 1_000_000, end: "succeeded", logLines: 1)
      try await scene.append("c", 0..<1, at: 1)
      try await scene.sleep(.seconds(2))
      #expect(reader.lines == order + ["c-1-0"])
      for task in ["a", "b"] {
        scene.scheduler.set(task, startedAt: 1_000_000, end: "succeeded", logLines: 3)
      }
      scene.scheduler.endRun()
      _ = try await scene.end(of: reader)
      #expect(reader.lines == order + ["c-1-0"] && reader.gaps == [])
    }
  }

  @Test func `a run that was set aside ends its follow`() throws {
    try Simulation.run(seed: 3) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a", startedAt: 1_000_000)
      try await scene.append("a", 0..<1, at: 1)
      let readers = ["/logs?follow=true", "/tasks/a/logs?follow=true"].map { scene.read($0) }
      try await scene.sleep(.seconds(3))
      scene.scheduler.endRun("quarantined")
      for reader in readers {
        #expect(try await scene.end(of: reader) < .seconds(10))
        #expect(reader.lines == ["a-1-0"] && reader.gaps == [nil])
      }
    }
  }

  @Test func `a run of many tasks is read page by page, in order`() throws {
    try Simulation.run(seed: 4) { world in
      let scene = LogScene(world, archive: .calm) {
        $0.mergedBytesMax = 20_000
        $0.mergedLinesMax = 64
        $0.tasksPerPageMax = 100
      }
      for number in 0..<1_000 {
        let second = Int64(number % 37)
        scene.scheduler.set(
          "t[\(number)]", startedAt: second * 1_000_000, end: "succeeded", logLines: 3)
        try await scene.append("t[\(number)]", 0..<3, at: second)
      }
      scene.scheduler.endRun()
      let reader = scene.read("/logs")
      _ = try await scene.end(of: reader)
      let expected = (0..<3).flatMap { line in
        (0..<1_000).map { (at: $0 % 37 + line, task: $0, line: line) }
      }.sorted { ($0.at, $0.task, $0.line) < ($1.at, $1.task, $1.line) }
      #expect(reader.lines == expected.map { "t[\($0.task)]-1-\($0.line)" })
    }
  }
}
