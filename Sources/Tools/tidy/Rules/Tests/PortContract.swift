/// A port, and the test folders of its implementations.
struct PortContract: Sendable {
  let port: String
  /// Each holds a test that runs the suite.
  let testFolders: [String]

  var suite: String { port + "Contract" }
}

extension PortContract {
  /// The ports whose promises are more than a type can say.
  static let all: [PortContract] = [
    PortContract(
      port: "RecordStore", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/SQLite"]),
    PortContract(port: "Bus", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/SQLite"]),
    PortContract(
      port: "JobArchive", testFolders: ["Tests/Adapters/Archive"]),
    PortContract(
      port: "ObjectStore",
      testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/Files", "Tests/Adapters/S3"]),
    PortContract(port: "Time", testFolders: ["Tests/Simulation/Kit", "Tests/Adapters/System"]),
    PortContract(port: "Network", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/HTTP"]),
    PortContract(
      port: "Executor", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/Executors"]),
    PortContract(port: "DocumentScanner", testFolders: ["Tests/Adapters/YAML"]),
    PortContract(
      port: "Mailer", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/Delivery"]),
    PortContract(
      port: "WebhookSender", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/Delivery"]),
    PortContract(port: "EgressClient", testFolders: ["Tests/Adapters/Delivery"]),
    PortContract(port: "Digest", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/Crypto"]),
    PortContract(
      port: "PasswordHasher", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/Crypto"]),
    PortContract(port: "Signer", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/Crypto"]),
    PortContract(port: "Sealer", testFolders: ["Tests/Simulation/Fakes", "Tests/Adapters/Crypto"]),
  ]

  /// Protocols of Ports without a suite of their own, and why.
  static let exempt: [String: String] = [
    "BusMembership": "part of Bus",
    "DigestStream": "part of Digest",
    "Execution": "part of Executor",
    "HTTPBodySource": "part of Network",
    "HTTPBodySink": "part of Network",
    "HTTPHandler": "implemented by services, called by Network",
    "RPCHandler": "implemented by services, called by Network",
    "RPCSource": "part of Network",
    "RPCSink": "part of Network",
    "RPCExchange": "part of Network",
    "RPCGuard": "implemented by apps, called by Network",
    "WorkFolder": "part of Executor",
    "Probe": "promises nothing",
    "Randomness": "promises one number",
    "Spawner": "judged through the executors that it runs on",
    "Spawned": "part of Spawner",
    "Telemetry": "never fails and answers nothing",
  ]
}
