import Domain
import Foundation
import SimulationFaults
import SimulationScenarios
import Testing

struct FaultsTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Simulation/Faults")

  @Test func `every fault of the folder can strike`() throws {
    let files = FileManager.default.enumerator(at: Self.folder, includingPropertiesForKeys: nil)
    var declared: Set<String> = []
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: #/public struct (\w+): Fault /#) {
        declared.insert(String(match.output.1))
      }
    }
    #expect(declared.count >= 60)
    #expect(declared == Set(Faults.all.map { "\($0)" }))
  }

  @Test func `the map of faults lists them all, as they are`() throws {
    let page = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "docs/fault-map.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.contains("| `") }.map(String.init)
    #expect(
      rows
        == Faults.all.map { fault in
          "| \(fault.card.number) | `\(fault.card.name)` | \(fault.card.does) |"
        })
  }

  @Test func `names and numbers tell them apart`() {
    #expect(Set(Faults.all.map { $0.card.name }).count == Faults.all.count)
    #expect(Set(Faults.all.map { $0.card.number }).count == Faults.all.count)
  }

  @Test(arguments: Profiles.all.map(\.name))
  func `a profile names faults that there are`(name: String) throws {
    let profile = try #require(Profiles.named(name))
    for (fault, weight) in profile.faults {
      #expect(Faults.named(fault) != nil, "\(fault)")
      #expect(weight > 0)
    }
    #expect(profile.faults.isEmpty == (profile.events == 0...0))
  }
}
