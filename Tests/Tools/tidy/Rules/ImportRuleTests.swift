import Testing

@testable import tidy

@Suite struct ImportRuleTests {
  @Test(arguments: [
    (Fixture.core, "public import Ports"), (Fixture.core, "internal import Synchronization"),
    (Fixture.core, "internal import WorkerCore"), (Fixture.domain, "internal import Foundation"),
    (Fixture.service, "internal import WorkerService"), (Fixture.service, "internal import Glibc"),
    (Fixture.service, "internal import SimulationKit"),
    (Fixture.adapter, "internal import HTTPAdapter"),
    (Fixture.adapter, "internal import SimulationFakes"),
    ("Simulation/Oracles/Once.swift", "internal import SchedulerCore"),
    ("Simulation/Oracles/Once.swift", "internal import SchedulerService"),
    ("Simulation/Fakes/Bus.swift", "internal import SQLiteAdapter"),
    ("Simulation/Kit/Kernel.swift", "internal import SimulationFakes"),
    ("Sources/Ports/Wire/Coder.swift", "internal import Contracts"),
    ("Sources/Apps/millrace/main.swift", "internal import SQLiteAdapter"),
    ("Sources/Tools/tidy/main.swift", "internal import Ports"),
    ("Tests/Support/RecordStoreContract.swift", "import Testing"),
    (Fixture.test, "import SQLiteAdapter"), (Fixture.test, "import SimulationFakes"),
    ("Sources/Plumbing/Pipe.swift", ""),
  ])
  func `an import against the table is found`(path: String, text: String) {
    #expect(Fixture(path, text).violations(of: ImportDirectionRule()).count == 1)
  }

  @Test(arguments: [
    (Fixture.core, "public import Domain"), (Fixture.service, "internal import SchedulerCore"),
    (Fixture.service, "internal import Synchronization"),
    (Fixture.adapter, "internal import Glibc"), (Fixture.adapter, "internal import SystemAdapter"),
    (Fixture.test, "@testable import SchedulerCore\nimport Testing\nimport Foundation"),
    ("Tests/Services/Worker/Service/LoopTests.swift", "import SimulationFakes\nimport WorkerCore"),
    ("Sources/Apps/Composition/Wiring.swift", "internal import WorkerService\n"),
    ("Sources/Tools/bench/main.swift", "internal import SchedulerCore"),
    ("Simulation/World/World.swift", "internal import SchedulerService"),
    (Fixture.domain, "// import Foundation\nlet a = \"import Foundation\""),
  ])
  func `an import that the table allows passes`(path: String, text: String) {
    #expect(Fixture(path, text).violations(of: ImportDirectionRule()).isEmpty)
  }

  @Test func `a C library is for adapters and their tests`() {
    let library = ("Sources/CLibraries/CYAML/shim.h", "#pragma once\n")
    let text = "internal import CYAML\n"
    for path in [Fixture.adapter, "Tests/Adapters/YAML/ScannerTests.swift"] {
      #expect(Fixture([library, (path, text)]).violations(of: ImportDirectionRule()).isEmpty)
    }
    for path in [Fixture.service, Fixture.program, Fixture.domain] {
      #expect(Fixture([library, (path, text)]).violations(of: ImportDirectionRule()).count == 1)
    }
  }

  @Test func `a bare import is found outside tests`() {
    let rule = ImportAccessRule()
    #expect(Fixture(Fixture.core, "import Domain").violations(of: rule).count == 1)
    #expect(Fixture("Simulation/Kit/A.swift", "import Domain").violations(of: rule).count == 1)
    #expect(Fixture(Fixture.core, "public import Domain").violations(of: rule).isEmpty)
    #expect(Fixture(Fixture.core, "package import Domain").violations(of: rule).isEmpty)
    #expect(Fixture(Fixture.test, "import Domain").violations(of: rule).isEmpty)
  }
}
