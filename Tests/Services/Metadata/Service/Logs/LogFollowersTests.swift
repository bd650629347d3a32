import Domain
import SimulationKit
import Testing

@testable import MetadataService

@Suite struct LogFollowersTests {
  /// Looks at the archive while so many follow one log that grows by a line now and then.
  private static func looks(of followers: Int) throws -> Int {
    try Simulation.run(seed: 1) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a")
      let readers = (0..<followers).map { _ in scene.read("/tasks/a/attempts/1/logs?follow=true") }
      for line in 0..<30 as Range<Int64> {
        try await scene.sleep(.milliseconds(700))
        try await scene.append("a", line..<line + 1)
      }
      scene.scheduler.set("a", end: "succeeded", logLines: 31)
      scene.scheduler.endRun()
      try await scene.append("a", 30..<31, isLast: true)
      for reader in readers {
        _ = try await scene.end(of: reader)
        #expect(reader.lines == (0..<31).map { "a-1-\($0)" })
        #expect(reader.gaps == [])
      }
      return scene.counted.looks
    }
  }

  @Test func `many who follow a log cost the archive little more than one`() throws {
    let one = try Self.looks(of: 1)
    let many = try Self.looks(of: 50)
    #expect(many < 2 * one, "\(many) looks for fifty, \(one) for one")
  }

  /// Goal: nobody waits for somebody who has gone.
  @Test func `a follower that leaves keeps no other one waiting`() throws {
    try Simulation.run(seed: 2) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a")
      try await scene.append("a", 0..<1)
      let first = scene.read("/tasks/a/attempts/1/logs?follow=true")
      try await scene.sleep(.milliseconds(100))
      let second = scene.read("/tasks/a/attempts/1/logs?follow=true")
      try await scene.sleep(.milliseconds(100))
      first.leave()
      for line in 1..<5 as Range<Int64> {
        try await scene.append("a", line..<line + 1)
        try await world.wait(for: "a line", within: .seconds(1)) {
          second.lines.count == Int(line) + 1
        }
      }
    }
  }
}
