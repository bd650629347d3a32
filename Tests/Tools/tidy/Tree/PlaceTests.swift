import Testing

@testable import tidy

@Suite struct PlaceTests {
  @Test(arguments: [
    ("Sources/Domain/Time/Moment.swift", "Domain"),
    ("Sources/Services/Scheduler/Core/Run.swift", "SchedulerCore"),
    ("Sources/Adapters/HTTP/Parser/Head.swift", "HTTPAdapter"),
    ("Sources/Tools/tidy/main.swift", "tidy"),
    ("Sources/Tools/bench/main.swift", "bench"),
    ("Simulation/Fakes/Bus.swift", "SimulationFakes"),
    ("Tests/Support/Builders.swift", "TestSupport"),
    ("Tests/Services/Scheduler/Core/RunTests.swift", "SchedulerCoreTests"),
    ("Tests/Simulation/Kit/KernelTests.swift", "SimulationKitTests"),
  ])
  func `a path tells the module`(path: String, module: String) {
    #expect(Place(path).module == module)
  }

  @Test func `a folder outside the table has no floor`() {
    #expect(Place("Sources/Plumbing/Pipe.swift").floor == nil)
    #expect(Place("Tests/Plumbing/PipeTests.swift").floor == nil)
  }

  @Test func `a service sees its own core and no other`() {
    let allowed = Place(Fixture.service).importsAllowed
    #expect(allowed.contains("SchedulerCore"))
    #expect(!allowed.contains("WorkerCore"))
  }

  @Test func `the manifest's dump is read`() throws {
    let dump = """
      {"name": "millrace", "targets": [
        {"name": "Wire", "type": "regular", "path": "Sources/Ports/Wire", "settings": [],
         "dependencies": [{"byName": ["Domain", null]}, {"target": ["Other", {"platforms": []}]}]}
      ]}
      """
    let manifest = try #require(Manifest(json: Array(dump.utf8)))
    let target = try #require(manifest.target(named: "Wire"))
    #expect(target.path == "Sources/Ports/Wire")
    #expect(target.dependencies == ["Domain", "Other"])
    #expect(Manifest(json: Array("{}".utf8)) == nil)
  }
}
