import Domain
import Foundation
import SimulationFaults
import SimulationWorld
import Testing

/// What is declared to be reached is what can be reached.
struct ProbesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// All matches of a pattern's first group in the Swift files below a folder.
  private static func found(_ pattern: String, below folder: String) throws -> SortedSet<String> {
    let expression = try NSRegularExpression(pattern: pattern)
    let place = root.appending(path: folder)
    let names = FileManager.default.enumerator(atPath: place.path)?.compactMap { $0 as? String }
    var found: SortedSet<String> = []
    for name in names ?? [] where name.hasSuffix(".swift") {
      let text = try String(contentsOf: place.appending(path: name), encoding: .utf8)
      for match in expression.matches(in: text, range: NSRange(text.startIndex..., in: text)) {
        for group in 1..<match.numberOfRanges {
          if let range = Range(match.range(at: group), in: text) {
            found.insert(String(text[range]))
          }
        }
      }
    }
    return found
  }

  @Test func `every mark in the sources is declared, and every declared one is there`() throws {
    let services = "Sources/Services"
    var there = try Self.found(#"\.mark\("([a-z.-]+)""#, below: "Simulation/Fakes")
    for name in try Self.found(#"reached\(\s*"([^"]+)""#, below: services) { there.insert(name) }
    for name in try Self.found(#"reached\(\w+ \? "([^"]+)" : "([^"]+)""#, below: services) {
      there.insert(name)
    }
    for name in try Self.found(#"\.log\(\s*\.\w+,\s*"([^"]+)""#, below: services) {
      there.insert("log \(name)")
    }
    for name in try Self.found(#"buggify\("([^"]+)""#, below: services) {
      there.insert("buggify \(name)")
    }
    let derived =
      Landmark.allCases.map(\.rawValue) + Faults.all.map { "fault \($0.card.name)" }
    for name in derived { there.insert(name) }
    let declared = SortedSet(Probes.all.map(\.name))
    #expect(there.filter { !declared.contains($0) } == [], "not declared")
    #expect(declared.filter { !there.contains($0) } == [], "not in the sources")
    #expect(Probes.all.count == declared.count, "something is declared twice")
    #expect(declared.count >= 100)
  }

  @Test func `what a batch keeps of a world comes back as it was sent`() throws {
    var plan = try ChaosTests.plan("zombie", 7)
    plan.workload.runsPerUser = 2
    let summary = WorldSummary(WorldRun(seed: 7, plan).run())
    #expect(summary.isGood, "\(summary.message)")
    #expect(!summary.reach.counts.isEmpty)
    #expect(try WorldSummary(json: Array(summary.json.utf8)) == summary)
  }

  @Test func `the report names what nothing has come to`() {
    let none = ReachReport(worlds: 0, reach: Reach(), struck: [:], marks: [:])
    #expect(none.unreached.contains("records.in-doubt"))
    #expect(none.unreached.contains("process-kill struck"))
    #expect(none.text.contains("never reached:"))
    #expect(none.html.contains("<td class=d0"))
    let all = ReachReport(
      worlds: 1, reach: Reach(), struck: SortedMap(Faults.all.map { ($0.card.name, 1) }),
      marks: SortedMap(Probes.all.map { ($0.name, 1) }))
    #expect(all.unreached == [])
  }
}
