import SimulationFakes
import SimulationKit
import Testing

@testable import MetadataService

@Suite struct LogResumeTests {
  @Test(arguments: [
    "1-9223372036854775807", "1-9223372036854775808", "1-2147483648", "+1-2", "01-2", "1-02",
    "1--2", "0-1", "1", "1-2-3", "x", "",
  ])
  func `an id that no stream gives out is refused`(id: String) throws {
    try Simulation.run(seed: 9) { world in
      let scene = LogScene(world)
      scene.scheduler.set("a", end: "succeeded", logLines: 1)
      try await scene.append("a", 0..<1)
      for path in ["/tasks/a/attempts/1/logs", "/tasks/a/logs"] {
        let reader = scene.read(path, after: id)
        _ = try await scene.end(of: reader)
        #expect(reader.status == 400)
        #expect(reader.text.contains("bad-last-event-id"))
      }
    }
  }

  /// Also in the middle of an event, which does not count then.
  @Test(arguments: ["/tasks/a/attempts/1/logs", "/tasks/a/logs"])
  func `a reader that is cut at any byte and resumes has every line once`(path: String) throws {
    try Simulation.run(seed: 10) { world in
      let scene = LogScene(world) { $0.lateLinesWithin = .seconds(1) }
      scene.scheduler.set("a", end: "succeeded", logLines: 20)
      try await scene.append("a", 0..<20)
      let whole = scene.read(path)
      _ = try await scene.end(of: whole)
      let bytes = Array(whole.text.utf8)
      for cut in stride(from: 0, through: bytes.count, by: 37) {
        let ids = Self.idsOfWholeEvents(bytes.prefix(cut))
        let rest = scene.read(path, after: ids.last)
        _ = try await scene.end(of: rest)
        #expect(rest.lines == (ids.count..<20).map { "a-1-\($0)" }, "cut at \(cut)")
      }
    }
  }

  private static func idsOfWholeEvents(_ bytes: ArraySlice<UInt8>) -> [String] {
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var ids: [String] = []
    var open: String?
    // What has no line end behind it has not come whole.
    for line in lines.dropLast() {
      if line.hasPrefix("id: ") { open = String(line.dropFirst(4)) }
      if line.isEmpty, let id = open {
        ids.append(id)
        open = nil
      }
    }
    return ids
  }
}
