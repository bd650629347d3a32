import Testing

@testable import Composition

@Suite struct ServeConfigurationTests {
  private static func whole(_ services: [ServiceName]) -> ServeConfiguration {
    var configuration = ServeConfiguration(services: services)
    configuration.database = "postgresql://localhost/millrace"
    configuration.brokers = "localhost:9092"
    configuration.serviceKeyFile = "service.key"
    configuration.masterKeyFile = "master.key"
    configuration.dataDirectory = "data"
    for service in ServiceName.allCases { configuration.peers[service] = ["localhost:1"] }
    return configuration
  }

  @Test(arguments: ServiceName.allCases)
  func `a whole configuration is accepted`(_ service: ServiceName) throws {
    try Self.whole([service]).check()
  }

  @Test func `every service together needs no peers`() throws {
    var alone = Self.whole(ServiceName.allCases)
    alone.peers = [:]
    try alone.check()
  }

  struct Flaw: Sendable, CustomTestStringConvertible {
    var named: String
    var breaking: @Sendable (inout ServeConfiguration) -> Void
    var testDescription: String { named }
  }

  static let flaws: [Flaw] = [
    Flaw(named: "at least one service") { $0.services = [] },
    Flaw(named: "each once") { $0.services = [.iam, .iam] },
    Flaw(named: "no name for a process") { $0.name = "a b" },
    Flaw(named: "no broker") { $0.brokers = nil },
    Flaw(named: "no database") { $0.database = nil },
    Flaw(named: "services know each other by") { $0.serviceKeyFile = nil },
    Flaw(named: "encrypted with") { $0.masterKeyFile = nil },
    Flaw(named: "no name of a pool") { $0.pools = ["A B"] },
  ]

  @Test(arguments: flaws)
  func `what is missing or wrong is named`(_ flaw: Flaw) {
    var configuration = Self.whole([.iam])
    flaw.breaking(&configuration)
    #expect {
      try configuration.check()
    } throws: { error in
      (error as? StartFailure)?.what.contains(flaw.named) == true
    }
  }

  @Test func `history is kept in a file or in MongoDB`() throws {
    var configuration = Self.whole([.metadata])
    configuration.dataDirectory = nil
    configuration.mongoDB = "mongodb://localhost/millrace"
    try configuration.check()
    configuration.mongoDB = nil
    #expect {
      try configuration.check()
    } throws: { error in
      (error as? StartFailure)?.what.contains("history") == true
    }
  }

  @Test func `artifacts are kept in a folder or in a bucket`() throws {
    var configuration = Self.whole([.artifact])
    configuration.dataDirectory = nil
    configuration.s3 = ServeConfiguration.S3(url: "https://s3.example.com/bucket")
    try configuration.check()
    configuration.s3 = nil
    #expect {
      try configuration.check()
    } throws: { error in
      (error as? StartFailure)?.what.contains("artifacts") == true
    }
  }

  @Test func `a service that is called must be known`() {
    var configuration = Self.whole([.scheduler])
    configuration.peers[.workflow] = nil
    #expect {
      try configuration.check()
    } throws: { error in
      (error as? StartFailure)?.hint == "--peer workflow=HOST:PORT"
    }
  }
}
