import Ports
import Testing

@testable import MongoDBAdapter

@Suite struct SchemaTests {
  @Test func `what is missing is planned, made once, and then there`() async throws {
    try await TestServer.with(isMigrated: false) { server in
      let keeper = MongoSchemaKeeper(server.archive)
      let every = MongoSchema.indexes.map { "\($0.collection).\($0.name)" }
      #expect(try await keeper.plan() == every)
      do {
        try await keeper.check()
        Issue.record("an empty database was good enough")
      } catch ArchiveError.refused(let why) {
        #expect(why.contains("admin migrate"))
      }
      #expect(try await keeper.migrate() == every)
      #expect(try await keeper.migrate() == [])
      try await keeper.check()
    }
  }

  @Test func `migrations at once end as one`() async throws {
    try await TestServer.with(isMigrated: false) { server in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask { try await MongoSchemaKeeper(server.archive).migrate() }
        }
        try await group.waitForAll()
      }
      try await MongoSchemaKeeper(server.archive).check()
    }
  }

  @Test func `an index that is another is named`() async throws {
    try await TestServer.with(isMigrated: false) { server in
      _ = try await server.run { (session) throws(MongoFailure) in
        try session.command([
          "createIndexes": .string("jobs"),
          "indexes": .array([
            .document([
              "name": .string("by_state"), "key": .document(["state": .integer(1)]),
            ])
          ]),
        ])
      }
      for attempt in [MongoSchemaKeeper(server.archive).check, { _ = try await migrate(server) }] {
        do {
          try await attempt()
          Issue.record("another index was good enough")
        } catch ArchiveError.refused(let why) {
          #expect(why.contains("jobs.by_state") && why.contains("drop it"))
        }
      }
    }
  }

  private func migrate(_ server: TestServer) async throws -> [String] {
    try await MongoSchemaKeeper(server.archive).migrate()
  }
}
