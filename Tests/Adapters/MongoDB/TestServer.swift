import Domain
import Glibc
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import MongoDBAdapter

/// An archive of its own in a database of its own, on the server that `scripts/test.sh` starts.
struct TestServer {
  static let loop: EventLoop = {
    guard let loop = try? EventLoop(name: "mongodb-test") else {
      preconditionFailure("the system refused an event loop")
    }
    loop.start()
    return loop
  }()
  static let time = SystemTime(on: loop)

  let archive: MongoDBJobArchive
  let configuration: MongoDBConfiguration

  var subject: JobArchiveSubject { JobArchiveSubject(archive, time: TestServer.time) }

  /// Runs a test with an archive whose collections are made, and drops its database.
  ///
  /// - Throws: when there is no server: nothing is skipped silently.
  static func with(
    isMigrated: Bool = true, change: (inout MongoDBConfiguration) -> Void = { _ in },
    _ body: (TestServer) async throws -> Void
  ) async throws {
    var configuration = MongoDBConfiguration(uri: try uri())
    // It is a small server, and other tests have the machine as well.
    configuration.answerWithin = .seconds(120)
    configuration.majorityWithin = .seconds(60)
    configuration.selectWithin = .seconds(30)
    configuration.searchWithin = .seconds(60)
    configuration.database = "t\(String(SystemRandomness().next(), radix: 16))"
    change(&configuration)
    let server = TestServer(
      archive: try MongoDBJobArchive(configuration, time: time), configuration: configuration)
    if isMigrated { try await MongoSchemaKeeper(server.archive).migrate() }
    do {
      try await body(server)
    } catch {
      await server.close()
      throw error
    }
    await server.close()
  }

  static func uri() throws -> String {
    try #require(
      getenv("MILLRACE_MONGODB").map { String(cString: $0) },
      "start a server by infra/local/mongodb.sh and name it by MILLRACE_MONGODB")
  }

  /// What another process has of the same database.
  func another() throws -> MongoDBJobArchive {
    try MongoDBJobArchive(configuration, time: TestServer.time)
  }

  func run<Answer: Sendable>(
    _ work: @escaping @Sendable (borrowing MongoSession) throws(MongoFailure) -> Answer
  ) async throws -> Answer {
    try await archive.client.run(work)
  }

  private func close() async {
    _ = try? await archive.client.run { (session) throws(MongoFailure) in
      try session.command(["dropDatabase": .integer(1)])
    }
    await archive.close()
  }
}
