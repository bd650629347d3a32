/// One row of the import table: the targets of a folder, and what they may see.
struct Floor: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case domain, ports, kit, core, service, adapter, app, tool, simulation, support
  }

  /// What a target may import beside modules of this package.
  enum Outside: Hashable, Sendable {
    /// The standard library and nothing else.
    case nothing
    /// `Synchronization`: part of the standard library, no clock, no input, no output.
    case locks
    /// Foundation, Glibc and, where the manifest says so, C libraries.
    case system
  }

  let kind: Kind
  /// Where the target lives; `*` stands for one folder name.
  let folder: String
  /// The target; `*` is the same name again.
  let module: String
  /// Modules that it may import. `*` is the same name again, `?` any name.
  let imports: [String]
  let outside: Outside
  /// What its tests may import on top of what it may import itself.
  var tests: [String] = []
}

/// The house as data. Arrows point down only; a row that is not here may not exist.
enum Floors {
  static let all: [Floor] = domain + ports + services + outside + simulation + apps + tools

  private static let everyPort = ["Domain", "Wire", "Contracts", "Ports"]
  private static let kernel = ["SimulationKit", "SimulationFakes"]

  private static let domain = [
    Floor(kind: .domain, folder: "Sources/Domain", module: "Domain", imports: [], outside: .nothing)
  ]

  private static let ports = [
    Floor(
      kind: .ports, folder: "Sources/Ports/Wire", module: "Wire", imports: ["Domain"],
      outside: .locks),
    Floor(
      kind: .ports, folder: "Sources/Ports/Contracts", module: "Contracts",
      imports: ["Domain", "Wire"], outside: .locks),
    Floor(
      kind: .ports, folder: "Sources/Ports/Ports", module: "Ports",
      imports: ["Domain", "Wire", "Contracts"], outside: .locks),
  ]

  private static let services = [
    Floor(
      kind: .kit, folder: "Sources/Services/ServiceKit", module: "ServiceKit", imports: everyPort,
      outside: .locks, tests: kernel),
    Floor(
      kind: .core, folder: "Sources/Services/*/Core", module: "*Core", imports: ["Domain"],
      outside: .nothing),
    Floor(
      kind: .service, folder: "Sources/Services/*/Service", module: "*Service",
      imports: everyPort + ["ServiceKit", "*Core"], outside: .locks, tests: kernel),
  ]

  private static let outside = [
    // It stands on ports alone, and so its contract runs on the embedded store and on the fake one.
    Floor(
      kind: .adapter, folder: "Sources/Adapters/Archive", module: "ArchiveAdapter",
      imports: everyPort, outside: .locks, tests: kernel + ["SQLiteAdapter", "SystemAdapter"]),
    // Receivers verify the signatures of webhooks: its tests need real ones.
    Floor(
      kind: .adapter, folder: "Sources/Adapters/Delivery", module: "DeliveryAdapter",
      imports: everyPort + ["SystemAdapter"], outside: .system, tests: ["CryptoAdapter"]),
    // Servers compare the digests of what is sent: its tests need the real ones.
    Floor(
      kind: .adapter, folder: "Sources/Adapters/S3", module: "S3Adapter",
      imports: everyPort + ["SystemAdapter"], outside: .system, tests: ["CryptoAdapter"]),
    Floor(
      kind: .adapter, folder: "Sources/Adapters/*", module: "*Adapter",
      imports: everyPort + ["SystemAdapter"], outside: .system),
  ]

  private static let simulation = [
    Floor(
      kind: .simulation, folder: "Simulation/Kit", module: "SimulationKit", imports: everyPort,
      outside: .locks),
    Floor(
      kind: .simulation, folder: "Simulation/Fakes", module: "SimulationFakes",
      imports: everyPort + ["SimulationKit"], outside: .locks),
    Floor(
      kind: .simulation, folder: "Simulation/Faults", module: "SimulationFaults",
      imports: everyPort + kernel, outside: .locks, tests: ["SimulationScenarios"]),
    // Never a core or a service: a bug that both shared would be invisible.
    Floor(
      kind: .simulation, folder: "Simulation/Oracles", module: "SimulationOracles",
      imports: everyPort + ["SimulationKit"], outside: .locks),
    Floor(
      kind: .simulation, folder: "Simulation/Scenarios", module: "SimulationScenarios",
      imports: everyPort + kernel + ["SimulationFaults", "SimulationOracles"], outside: .locks),
    Floor(
      kind: .simulation, folder: "Simulation/World", module: "SimulationWorld",
      imports: everyPort + kernel + [
        "SimulationFaults", "SimulationOracles", "SimulationScenarios", "ServiceKit", "?Core",
        "?Service",
      ], outside: .locks),
    Floor(
      kind: .app, folder: "Simulation/sim", module: "sim", imports: ["SimulationConsole"],
      outside: .system),
    Floor(
      kind: .app, folder: "Simulation/Console", module: "SimulationConsole",
      imports: everyPort + [
        "SimulationKit", "SimulationFaults", "SimulationOracles", "SimulationScenarios",
        "SimulationWorld", "YAMLAdapter", "SystemAdapter",
      ], outside: .system),
  ]

  private static let apps = [
    Floor(
      kind: .app, folder: "Sources/Apps/Composition", module: "Composition",
      imports: everyPort + ["ServiceKit", "?Service", "?Adapter"], outside: .system),
    Floor(
      kind: .app, folder: "Sources/Apps/millrace", module: "millrace",
      imports: everyPort + [
        "Composition", "SimulationConsole", "YAMLAdapter", "SystemAdapter", "HTTPAdapter",
      ], outside: .system),
  ]

  private static let tools = [
    Floor(
      kind: .tool, folder: "Sources/Tools/bench", module: "bench",
      imports: everyPort + ["ServiceKit", "?Core", "?Service", "?Adapter", "Composition"],
      outside: .system),
    // Stands between sockets, below every port.
    Floor(
      kind: .tool, folder: "Sources/Tools/brokerfront", module: "brokerfront",
      imports: ["Domain", "CLinux", "SystemAdapter"], outside: .system),
    Floor(
      kind: .tool, folder: "Sources/Tools/wirecheck", module: "wirecheck",
      imports: ["Wire", "Contracts", "TestSupport"], outside: .system),
    Floor(
      kind: .tool, folder: "Sources/Tools/*", module: "*", imports: ["Domain", "Wire"],
      outside: .system),
    Floor(
      kind: .support, folder: "Tests/Support", module: "TestSupport",
      imports: everyPort + ["ServiceKit"], outside: .system),
  ]
}
