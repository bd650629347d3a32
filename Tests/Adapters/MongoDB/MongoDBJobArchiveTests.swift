import Domain
import Ports
import TestSupport
import Testing

@testable import MongoDBAdapter

/// One after the other: the server does one thing at a time.
@Suite(.serialized) struct MongoDBJobArchiveTests {
  @Test(arguments: JobArchiveContract.cases)
  func `an archive in MongoDB keeps the contract of JobArchive`(
    _ promise: ContractCase<JobArchiveSubject>
  ) async throws {
    try await TestServer.with { server in try await promise.check(server.subject) }
  }

  /// Goal: everything that is cut into pieces is put together again.
  @Test(arguments: JobArchiveContract.cases)
  func `an archive with small limits keeps the contract of JobArchive`(
    _ promise: ContractCase<JobArchiveSubject>
  ) async throws {
    // These look at one answer of the full length.
    let isLong = promise.name.contains("many") || promise.name.contains("as they were printed")
    try await TestServer.with { configuration in
      guard !isLong else { return }
      configuration.documentsPerWriteMax = 2
      configuration.linesPerChunkMax = 3
      configuration.bytesPerChunkMax = 20
      configuration.bytesPerReadMax = 30
      configuration.connectionsMax = 1
    } _: { server in
      try await promise.check(server.subject)
    }
  }

  @Test func `lines that another process has written are seen by who waits`() async throws {
    try await TestServer.with { server in
      let other = try server.another()
      let attempt = AttemptID.sample
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          await server.archive.waitForLines(of: attempt, from: 0, wait: .seconds(60))
        }
        try await other.append([.sample(0..<3, of: attempt)])
        try await group.waitForAll()
      }
      #expect(try await server.archive.lines(of: attempt, from: 0, limit: 9).lines.count == 3)
      await other.close()
    }
  }

  @Test func `what is too large for a document is refused, and nothing else of it is there`()
    async throws
  {
    try await TestServer.with {
      $0.documentBytesMax = 10_000
    } _: { server in
      var job = JobDocument.sample(1)
      job.labels["large"] = String(repeating: "x", count: 20_000)
      await #expect(throws: ArchiveError.self) {
        try await server.archive.store(jobs: [.sample(2), job], tasks: [])
      }
      #expect(try await server.archive.job(job.run) == nil)
      let line = OutputLine(
        stream: .out, bytes: [UInt8](repeating: 1, count: 1 << 20), at: .start)
      do {
        try await server.archive.append([
          LogChunk(attempt: .sample, first: 0, lines: [line])
        ])
        Issue.record("a line of 1 MiB was taken")
      } catch ArchiveError.refused(let why) {
        #expect(why.contains("more than"))
      }
    }
  }

  /// No text of a user may become a field or an operator (T-INJ).
  @Test func `texts that look like queries are texts`() async throws {
    try await TestServer.with { server in
      let texts = [
        "$where", "{\"$gt\": \"\"}", "$ne", "a.b", ".", "$", "'; sleep(1000)", "\u{0}", "\u{202e}x",
        "1:a=b", "", "_id", "revision", "%00", "{$set: {revision: 99}}",
      ]
      var jobs: [JobDocument] = []
      for (place, text) in texts.enumerated() {
        var job = JobDocument.sample(UInt64(place))
        job.labels = [text: text, "place": "\(place)"]
        job.reason = Reason(
          code: "c", message: "word\(place) \(text)", since: .start, blockers: [text])
        job.counts = [text: place]
        jobs.append(job)
      }
      let tasks = texts.enumerated().map { place, text in
        TaskDocument(
          run: jobs[place].run, task: TaskKey(TaskName(unchecked: "t")), revision: 1, state: text,
          outputs: [text: .object([text: .array([.string(text)])])])
      }
      try await server.archive.store(jobs: jobs, tasks: tasks)
      for (place, text) in texts.enumerated() {
        #expect(try await server.archive.job(jobs[place].run) == jobs[place])
        #expect(
          try await server.archive.tasks(of: jobs[place].run, after: nil, limit: 9)
            == [tasks[place]])
        let filter = JobFilter(namespace: .default, labels: [text: text])
        let found = try await server.archive.jobs(filter, limit: 99, cursor: nil).jobs
        #expect(found == [jobs[place]], "the label \(text)")
        let state = JobFilter(namespace: .default, state: text)
        #expect(try await server.archive.jobs(state, limit: 99, cursor: nil).jobs.isEmpty)
      }
      #expect(
        try await server.archive.jobs(JobFilter(namespace: .default), limit: 99, cursor: nil).jobs
          .count == texts.count)
      SecurityTest.injection.report(
        "\(texts.count) texts that look like queries came back from the archive as they were")
    }
  }
}
