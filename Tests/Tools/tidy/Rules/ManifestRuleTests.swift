import Testing

@testable import tidy

@Suite struct ManifestRuleTests {
  private func target(
    _ name: String, _ path: String, _ dependencies: [String] = [], type: String = "regular"
  ) -> Manifest.Target {
    Manifest.Target(name: name, type: type, path: path, dependencies: dependencies)
  }

  private func violations(
    _ targets: [Manifest.Target], files: [(path: String, text: String)] = []
  ) -> [Violation] {
    Fixture(files, manifest: Manifest(targets: targets)).violations(of: ManifestRule())
  }

  @Test func `a manifest that follows the table passes`() {
    let library = ("Sources/CLibraries/CSQLite/shim.h", "")
    let targets = [
      target("Domain", "Sources/Domain"),
      target("SchedulerCore", "Sources/Services/Scheduler/Core", ["Domain"]),
      target("SQLiteAdapter", "Sources/Adapters/SQLite", ["Domain", "CSQLite"]),
      target("CSQLite", "Sources/CLibraries/CSQLite", type: "system"),
      target("DomainTests", "Tests/Domain", ["Domain", "TestSupport"], type: "test"),
    ]
    let files = [library, (Fixture.core, "public import Domain")]
    #expect(violations(targets, files: files).isEmpty)
  }

  @Test(arguments: [
    Manifest.Target(
      name: "SchedulerCore", type: "regular", path: "Sources/Services/Scheduler/Core",
      dependencies: ["Domain", "Ports"]),
    Manifest.Target(
      name: "Scheduling", type: "regular", path: "Sources/Services/Scheduler/Core",
      dependencies: []),
    Manifest.Target(
      name: "Plumbing", type: "regular", path: "Sources/Plumbing", dependencies: []),
  ])
  func `a target against the table is found`(target: Manifest.Target) {
    #expect(violations([target]).map(\.path) == ["Package.swift"])
  }

  @Test func `an import that is not declared is found`() {
    let targets = [
      target("Domain", "Sources/Domain"),
      target("SchedulerCore", "Sources/Services/Scheduler/Core"),
    ]
    let found = violations(targets, files: [(Fixture.core, "\npublic import Domain")])
    #expect(found.map(\.line) == [2])
  }
}
