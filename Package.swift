// swift-tools-version: 6.3
import PackageDescription

// The floors of the house, top to bottom: apps, outside (adapters and simulation), services, ports,
// domain. Arrows point down only; `make tidy` checks every import against the same table
// (Sources/Tools/tidy/Floors.swift), because the compiler does not.

let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func module(_ name: String, at path: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(
  of name: String, at path: String, _ dependencies: [Target.Dependency], besides: [String] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(path)", exclude: besides,
    swiftSettings: settings)
}

func program(_ name: String, at path: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

let domain: [Target] = [
  module("Domain", at: "Sources/Domain"),
  tests(of: "Domain", at: "Domain", ["Domain", "TestSupport"]),
]

let ports: [Target] = [
  module("Wire", at: "Sources/Ports/Wire", ["Domain"]),
  module("Contracts", at: "Sources/Ports/Contracts", ["Domain", "Wire"]),
  module("Ports", at: "Sources/Ports/Ports", ["Domain", "Wire", "Contracts"]),
  tests(of: "Wire", at: "Ports/Wire", ["Domain", "Wire", "TestSupport"], besides: ["Vectors"]),
  tests(of: "Contracts", at: "Ports/Contracts", ["Domain", "Wire", "Contracts", "TestSupport"]),
  tests(of: "Ports", at: "Ports/Ports", ["Domain", "Wire", "Contracts", "Ports", "TestSupport"]),
]

func service(_ name: String) -> [Target] {
  let shell: [Target.Dependency] = [
    "Domain", "Wire", "Contracts", "Ports", "ServiceKit", .target(name: "\(name)Core"),
  ]
  return [
    module("\(name)Core", at: "Sources/Services/\(name)/Core", ["Domain"]),
    module("\(name)Service", at: "Sources/Services/\(name)/Service", shell),
    tests(
      of: "\(name)Core", at: "Services/\(name)/Core",
      ["Domain", "TestSupport", .target(name: "\(name)Core")]),
    tests(
      of: "\(name)Service", at: "Services/\(name)/Service",
      shell + [
        "SimulationKit", "SimulationFakes", "TestSupport", .target(name: "\(name)Service"),
      ]),
  ]
}

let services: [Target] =
  [
    module(
      "ServiceKit", at: "Sources/Services/ServiceKit", ["Domain", "Wire", "Contracts", "Ports"]),
    tests(
      of: "ServiceKit", at: "Services/ServiceKit",
      [
        "Domain", "Wire", "Contracts", "Ports", "ServiceKit", "SimulationKit", "SimulationFakes",
        "TestSupport",
      ]),
  ] + service("Workflow") + service("Scheduler") + service("Worker") + service("Metadata")
  + service("IAM") + service("Artifact") + service("Notification")

let libraries: [Target] = [
  .systemLibrary(
    name: "CPostgreSQL", path: "Sources/CLibraries/CPostgreSQL", pkgConfig: "libpq",
    providers: [.apt(["libpq-dev"])]),
  .systemLibrary(
    name: "CKafka", path: "Sources/CLibraries/CKafka", pkgConfig: "rdkafka",
    providers: [.apt(["librdkafka-dev"])]),
  .systemLibrary(
    name: "CSQLite", path: "Sources/CLibraries/CSQLite", pkgConfig: "sqlite3",
    providers: [.apt(["libsqlite3-dev"])]),
  .systemLibrary(
    name: "CYAML", path: "Sources/CLibraries/CYAML", pkgConfig: "yaml-0.1",
    providers: [.apt(["libyaml-dev"])]),
  .systemLibrary(
    name: "COpenSSL", path: "Sources/CLibraries/COpenSSL", pkgConfig: "openssl",
    providers: [.apt(["libssl-dev"])]),
  .systemLibrary(
    name: "CArgon2", path: "Sources/CLibraries/CArgon2", pkgConfig: "libargon2",
    providers: [.apt(["libargon2-dev"])]),
  .systemLibrary(
    name: "CCurl", path: "Sources/CLibraries/CCurl", pkgConfig: "libcurl",
    providers: [.apt(["libcurl4-openssl-dev"])]),
  .systemLibrary(
    name: "CNghttp2", path: "Sources/CLibraries/CNghttp2", pkgConfig: "libnghttp2",
    providers: [.apt(["libnghttp2-dev"])]),
  .target(name: "CLinux", path: "Sources/CLibraries/CLinux"),
  // Loads libmongoc when it is needed: its headers are used, and nothing is linked.
  .target(
    name: "CMongoDB", path: "Sources/CLibraries/CMongoDB",
    cSettings: [
      .unsafeFlags(["-I/usr/include/libmongoc-1.0", "-I/usr/include/libbson-1.0"])
    ]),
]

func adapter(
  _ name: String, _ extra: [Target.Dependency], besides: [String] = []
) -> [Target] {
  let floor: [Target.Dependency] = ["Domain", "Wire", "Contracts", "Ports"]
  return [
    module("\(name)Adapter", at: "Sources/Adapters/\(name)", floor + extra),
    tests(
      of: "\(name)Adapter", at: "Adapters/\(name)",
      floor + extra + ["TestSupport", .target(name: "\(name)Adapter")], besides: besides),
  ]
}

let adapters: [Target] =
  adapter("System", ["CLinux"])
  + adapter("YAML", ["CYAML"])
  + adapter("Crypto", ["COpenSSL", "CArgon2", "SystemAdapter"], besides: ["Vectors"])
  + adapter("SQLite", ["CSQLite", "CLinux", "SystemAdapter"])
  + adapter("PostgreSQL", ["CPostgreSQL", "SystemAdapter"])
  + adapter("Kafka", ["CKafka", "CLinux", "SystemAdapter"])
  + adapter("MongoDB", ["CMongoDB", "SystemAdapter"])
  + adapter("Files", ["CLinux", "SystemAdapter"])
  + [
    module(
      "ArchiveAdapter", at: "Sources/Adapters/Archive", ["Domain", "Wire", "Contracts", "Ports"]),
    tests(
      of: "ArchiveAdapter", at: "Adapters/Archive",
      [
        "Domain", "Wire", "Contracts", "Ports", "ArchiveAdapter", "SQLiteAdapter", "SystemAdapter",
        "SimulationKit", "SimulationFakes", "TestSupport",
      ]),
  ]
  + adapter("HTTP", ["CLinux", "CNghttp2", "COpenSSL", "SystemAdapter"])
  + adapter("Executors", ["CLinux", "SystemAdapter"])
  + [
    module(
      "DeliveryAdapter", at: "Sources/Adapters/Delivery",
      ["Domain", "Wire", "Contracts", "Ports", "CCurl", "SystemAdapter"]),
    tests(
      of: "DeliveryAdapter", at: "Adapters/Delivery",
      [
        "Domain", "Wire", "Contracts", "Ports", "CCurl", "SystemAdapter", "CryptoAdapter",
        "DeliveryAdapter", "TestSupport",
      ]),
    module(
      "S3Adapter", at: "Sources/Adapters/S3",
      ["Domain", "Wire", "Contracts", "Ports", "CCurl", "SystemAdapter"]),
    tests(
      of: "S3Adapter", at: "Adapters/S3",
      [
        "Domain", "Wire", "Contracts", "Ports", "CCurl", "SystemAdapter", "CryptoAdapter",
        "S3Adapter", "TestSupport",
      ]),
  ]

let everyAdapter: [Target.Dependency] = [
  "SystemAdapter", "YAMLAdapter", "CryptoAdapter", "SQLiteAdapter", "FilesAdapter",
  "ArchiveAdapter", "HTTPAdapter", "ExecutorsAdapter", "DeliveryAdapter", "PostgreSQLAdapter",
  "KafkaAdapter", "MongoDBAdapter", "S3Adapter",
]
let everyService: [Target.Dependency] = [
  "ServiceKit", "WorkflowService", "SchedulerService", "WorkerService", "MetadataService",
  "IAMService", "ArtifactService", "NotificationService",
]
let everyPort: [Target.Dependency] = ["Domain", "Wire", "Contracts", "Ports"]

let simulationWorld: [Target.Dependency] =
  everyPort + everyService + [
    "WorkerCore", "SimulationKit", "SimulationFakes", "SimulationFaults", "SimulationOracles",
    "SimulationScenarios",
  ]

let simulation: [Target] = [
  module("SimulationKit", at: "Simulation/Kit", ["Domain", "Wire", "Contracts", "Ports"]),
  module(
    "SimulationFakes", at: "Simulation/Fakes",
    ["Domain", "Wire", "Contracts", "Ports", "SimulationKit"]),
  module(
    "SimulationOracles", at: "Simulation/Oracles",
    ["Domain", "Wire", "Contracts", "Ports", "SimulationKit"]),
  module(
    "SimulationFaults", at: "Simulation/Faults",
    ["Domain", "Wire", "Contracts", "Ports", "SimulationKit", "SimulationFakes"]),
  module(
    "SimulationScenarios", at: "Simulation/Scenarios",
    everyPort + ["SimulationKit", "SimulationFakes", "SimulationFaults", "SimulationOracles"]),
  module("SimulationWorld", at: "Simulation/World", simulationWorld),
  module(
    "SimulationConsole", at: "Simulation/Console",
    everyPort + [
      "SimulationKit", "SimulationFaults", "SimulationOracles", "SimulationScenarios",
      "SimulationWorld", "SystemAdapter", "YAMLAdapter",
    ]),
  program("sim", at: "Simulation/sim", ["SimulationConsole"]),
  tests(
    of: "SimulationKit", at: "Simulation/Kit",
    ["Domain", "Wire", "Contracts", "Ports", "SimulationKit", "TestSupport"]),
  tests(
    of: "SimulationFakes", at: "Simulation/Fakes",
    ["Domain", "Wire", "Contracts", "Ports", "SimulationKit", "SimulationFakes", "TestSupport"]),
  tests(
    of: "SimulationFaults", at: "Simulation/Faults",
    everyPort + [
      "SimulationKit", "SimulationFakes", "SimulationFaults", "SimulationScenarios", "TestSupport",
    ]),
  tests(
    of: "SimulationOracles", at: "Simulation/Oracles",
    everyPort + ["SimulationKit", "SimulationOracles", "TestSupport"]),
  tests(
    of: "SimulationWorld", at: "Simulation/World",
    simulationWorld + ["SimulationWorld", "TestSupport"]),
  tests(
    of: "SimulationConsole", at: "Simulation/Console",
    everyPort + [
      "SimulationFaults", "SimulationOracles", "SimulationScenarios", "SimulationWorld",
      "SimulationConsole", "YAMLAdapter", "TestSupport",
    ]),
]

let apps: [Target] = [
  module("Composition", at: "Sources/Apps/Composition", everyPort + everyService + everyAdapter),
  program(
    "millrace", at: "Sources/Apps/millrace",
    everyPort + ["Composition", "SimulationConsole", "YAMLAdapter", "SystemAdapter", "HTTPAdapter"]),
  tests(
    of: "Composition", at: "Apps/Composition",
    everyPort + everyService + everyAdapter + ["Composition", "TestSupport"]),
  tests(
    of: "millrace", at: "Apps/millrace",
    everyPort + ["millrace", "YAMLAdapter", "SystemAdapter", "HTTPAdapter", "TestSupport"],
    besides: ["Golden"]),
]

let tools: [Target] = [
  .executableTarget(
    name: "tidy", path: "Sources/Tools/tidy", exclude: ["exceptions.txt"], swiftSettings: settings),
  program("protogen", at: "Sources/Tools/protogen", ["Domain", "Wire"]),
  program("wirecheck", at: "Sources/Tools/wirecheck", ["Wire", "Contracts", "TestSupport"]),
  program(
    "bench", at: "Sources/Tools/bench",
    everyPort + everyService + everyAdapter
      + ["Composition", "SchedulerCore"]),
  program("brokerfront", at: "Sources/Tools/brokerfront", ["CLinux", "Domain", "SystemAdapter"]),
  tests(of: "brokerfront", at: "Tools/brokerfront", ["brokerfront"]),
  tests(of: "tidy", at: "Tools/tidy", ["tidy"]),
  tests(of: "protogen", at: "Tools/protogen", ["protogen", "Domain", "Wire"]),
]

let support: [Target] = [
  module("TestSupport", at: "Tests/Support", everyPort + ["ServiceKit"])
]

let package = Package(
  name: "millrace",
  products: [
    .executable(name: "millrace", targets: ["millrace"]),
    .executable(name: "sim", targets: ["sim"]),
  ],
  targets: domain + ports + services + libraries + adapters + simulation + apps + tools + support,
  swiftLanguageModes: [.v6]
)
