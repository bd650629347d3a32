import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import MongoDBAdapter

/// What becomes of calls whose server fails. One failure is armed in the server at a time.
@Suite(.serialized) struct FailureTests {
  /// A failure of the server, how often, and what a write and a read say then.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var times: Int64
    var data: BSONDocument
    var write: Answer
    var read: Answer
    /// Whether the document is there afterwards; nil when either is right.
    var isThere: Bool?

    var testDescription: String { name }
  }

  enum Answer: Sendable { case good, unavailable, unknown, refused }

  static let cases = [
    Case(
      name: "one lost connection is made good", times: 1, data: ["closeConnection": .boolean(true)],
      write: .good, read: .good, isThere: true),
    Case(
      name: "connections are lost again and again", times: 9,
      data: ["closeConnection": .boolean(true)], write: .unknown, read: .unavailable),
    Case(
      name: "a member that another one cannot reach once is asked again", times: 1,
      data: ["errorCode": .integer(6), "errorLabels": .array([.string("RetryableWriteError")])],
      write: .good, read: .good, isThere: true),
    Case(
      name: "a member is out of reach", times: 9, data: ["errorCode": .integer(6)],
      write: .unknown, read: .unavailable),
    Case(
      name: "a majority does not answer", times: 9,
      data: [
        "writeConcernError": .document([
          "code": .integer(64), "errmsg": .string("waiting for replication timed out"),
        ])
      ], write: .unknown, read: .good, isThere: true),
    Case(
      name: "rights are missing", times: 9, data: ["errorCode": .integer(13)], write: .unavailable,
      read: .unavailable, isThere: false),
    Case(
      name: "the server takes too long", times: 9, data: ["errorCode": .integer(50)],
      write: .unavailable, read: .unavailable, isThere: false),
    Case(
      name: "the disk is full", times: 9, data: ["errorCode": .integer(14031)],
      write: .unavailable, read: .unavailable, isThere: false),
    Case(
      name: "the document is not one that the server takes", times: 9,
      data: ["errorCode": .integer(10334)], write: .refused, read: .unavailable, isThere: false),
  ]

  /// What a primary says that steps down or ends: drivers look for another one for so long that a
  /// test does not wait for it.
  @Test(arguments: [91, 189, 10107, 11600, 11602, 13435, 13436] as [Int64])
  func `a primary that goes leaves the outcome open`(_ code: Int64) {
    #expect(MongoFailure(serverCode: code, "x") == .outcomeUnknown("x"))
  }

  @Test(arguments: cases)
  func `a failure of the server is told as what it is`(_ failure: Case) async throws {
    try await TestServer.with {
      $0.uri += "&appname=\($0.database)"
    } _: { server in
      let job = JobDocument.sample(1)
      try await armed(failure, ["update"], server) {
        try await expect(failure.write) {
          try await server.archive.store(jobs: [job], tasks: [])
        }
      }
      if let isThere = failure.isThere {
        #expect(try await (server.archive.job(job.run) != nil) == isThere)
      }
      try await server.archive.store(jobs: [job], tasks: [])
      try await armed(failure, ["find"], server) {
        try await expect(failure.read) { _ = try await server.archive.job(job.run) }
      }
      #expect(try await server.archive.job(job.run) == job)
    }
  }

  @Test func `a server that is not there is named, and nothing was done`() async throws {
    var configuration = MongoDBConfiguration(uri: "mongodb://127.0.0.1:9/?directConnection=true")
    configuration.selectWithin = .milliseconds(50)
    let archive = try MongoDBJobArchive(configuration, time: TestServer.time)
    try await expect(.unavailable) {
      try await archive.store(jobs: [.sample(1)], tasks: [])
    }
    try await expect(.unavailable) { _ = try await archive.job(.sample(1)) }
    let fault = try #require(await archive.fault())
    #expect(fault.contains("127.0.0.1:9"))
    await archive.close()
    try await expect(.unavailable) { _ = try await archive.job(.sample(1)) }
  }

  @Test(arguments: [
    "", "postgresql://x", "mongodb://", "mongodb://a:b:c", "mongodb://x/?tls=maybe",
  ])
  func `a connection string that makes no sense is refused`(_ uri: String) throws {
    do {
      _ = try MongoDBJobArchive(MongoDBConfiguration(uri: uri), time: TestServer.time)
      Issue.record("[\(uri)] was taken")
    } catch {
      guard case .refused(let why) = error else { throw error }
      #expect(why.contains("connection string"))
    }
  }

  @Test func `documents of others are told from ours`() async throws {
    try await TestServer.with { server in
      _ = try await server.run { (session) throws(MongoFailure) in
        try session.command([
          "insert": .string("jobs"),
          "documents": .array([
            .document([
              "_id": .string(RunID.sample(1).text), "namespace": .string("default"),
              "createdAtUs": .string("yesterday"), "order": .string("x"),
            ])
          ]),
        ])
      }
      try await expect(.refused) { _ = try await server.archive.job(.sample(1)) }
      try await expect(.refused) {
        _ = try await server.archive.jobs(
          JobFilter(namespace: .default), limit: 1, cursor: nil)
      }
    }
  }

  // MARK: Arming

  private func armed(
    _ failure: Case, _ commands: [String], _ server: TestServer, _ body: () async throws -> Void
  ) async throws {
    var data = failure.data
    data.append("failCommands", .array(commands.map { .string($0) }))
    data.append("appName", .string(server.configuration.database))
    try await arm(["times": .integer(failure.times)], data)
    do {
      try await body()
    } catch {
      try await disarm()
      throw error
    }
    try await disarm()
  }

  private func disarm() async throws {
    try await FailureTests.administer([
      "configureFailPoint": .string("failCommand"), "mode": .string("off"),
    ])
  }

  private func arm(_ mode: BSONDocument, _ data: BSONDocument) async throws {
    try await FailureTests.administer([
      "configureFailPoint": .string("failCommand"), "mode": .document(mode),
      "data": .document(data),
    ])
  }

  private static func administer(_ command: BSONDocument) async throws {
    var configuration = MongoDBConfiguration(uri: try TestServer.uri())
    configuration.database = "admin"
    let client = try MongoClient(configuration)
    try await client.run { (session) throws(MongoFailure) in _ = try session.command(command) }
    await client.close()
  }

  private func expect(
    _ answer: Answer, at location: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
  ) async throws {
    do {
      try await body()
      #expect(answer == .good, "it went well", sourceLocation: location)
    } catch let error as ArchiveError {
      let given: Answer =
        switch error {
        case .unavailable: .unavailable
        case .outcomeUnknown: .unknown
        case .refused: .refused
        }
      #expect(given == answer, "\(error)", sourceLocation: location)
    }
  }
}
