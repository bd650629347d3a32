import Foundation
import SimulationOracles
import Testing

struct InvariantsTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Simulation/Oracles")

  /// The types that the folder's files declare as invariants.
  private static func declared() throws -> Set<String> {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    var names: Set<String> = []
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /public struct (\w+): Invariant/) {
        names.insert(String(match.output.1))
        #expect(file.lastPathComponent == "\(match.output.1).swift")
      }
    }
    return names
  }

  @Test func `every invariant of the folder is judged`() throws {
    let judged = Set(Invariants.all.map { "\($0)" })
    #expect(judged.count > 30)
    #expect(try Self.declared() == judged)
  }

  @Test func `the page about the simulator lists them all`() throws {
    let page = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "docs/simulation.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    for kind in Invariants.all {
      let row = "| \(kind.name.number) | `\(kind.name.words)` | \(kind.promise) |"
      #expect(text.contains(row), "\(row)")
    }
  }

  @Test func `names and promises tell them apart`() {
    #expect(Set(Invariants.all.map { $0.name }).count == Invariants.all.count)
    #expect(Set(Invariants.all.map { $0.name.words }).count == Invariants.all.count)
    #expect(Invariants.all.allSatisfy { !$0.promise.isEmpty && !$0.promise.hasSuffix(".") })
  }

  /// Goal: no invariant overlooks what it reads, because its interest does not say so.
  @Test func `interests are what the sources look at`() throws {
    let words: [(String, Interest)] = [
      ("case .run(", .runs), ("case .task(", .tasks), ("case .lease(", .leases),
      ("case .session(", .sessions), ("case .partition(", .partitions),
      ("case .deadLetter(", .deadLetters), ("case .request(", .requests),
      ("case .delivery(", .deliveries), ("case .notifiedEnd(", .notifiedEnds),
      ("case .artifact(", .artifacts), ("case .audit(", .audits), ("commit.runs", .runs),
      ("commit.tasks", .tasks), ("case .published", .published),
      ("case .executionBegan", .executions), ("case .executionEnded", .executions),
      ("case .asked", .asked), ("case .answered", .answered), ("case .received", .received),
      ("case .defined", .defined), ("shelf.see(", .defined), ("case .archived", .archived),
      ("case .kept", .kept),
    ]
    let files = FileManager.default.enumerator(at: Self.folder, includingPropertiesForKeys: nil)
    let urls = (files?.allObjects ?? []).compactMap { $0 as? URL }
    for kind in Invariants.all {
      let file = try #require(urls.first { $0.lastPathComponent == "\(kind).swift" })
      let text = try String(contentsOf: file, encoding: .utf8)
      let read = words.filter { text.contains($0.0) }.reduce(into: Interest()) { $0.insert($1.1) }
      #expect(kind.interest == read, "\(kind)")
      // What would be seen in a way that the words above do not know.
      for other in ["case .limitClaim(", "case .endedRun(", "case .version(", "case .healed"] {
        #expect(!text.contains(other), "\(kind)")
      }
    }
  }
}
