internal import Domain
public import Ports

/// What the cases of `JobArchiveContract` need: a fresh, empty archive, whose faults are off.
public struct JobArchiveSubject: Sendable {
  public var archive: any JobArchive
  /// The clock that the archive waits by.
  public var time: any Time

  public init(_ archive: any JobArchive, time: any Time) {
    self.archive = archive
    self.time = time
  }
}

/// A job with defaults; a case names only what it is about.
struct ArchivedJob {
  var number: UInt64
  var namespace = "default"
  var workflow = "build"
  var revision: Int64 = 1
  var state = "running"
  var labels: SortedMap<String, String> = [:]
  /// Seconds since 1970.
  var created: Int64 = 1_000

  var run: RunID { .contract(number) }

  var document: JobDocument {
    JobDocument(
      run: run, namespace: NamespaceName(unchecked: namespace),
      workflow: WorkflowName(unchecked: workflow), version: VersionID("v1"), revision: revision,
      state: state, labels: labels, createdAt: Moment(microseconds: created * 1_000_000))
  }
}

extension RunID {
  static func contract(_ number: UInt64) -> RunID {
    RunID(SortableID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | number))
  }
}

extension AttemptID {
  static func contract(_ number: UInt64 = 1, fence: Int = 1) -> AttemptID {
    AttemptID(
      run: .contract(number), task: TaskKey(TaskName(unchecked: "compile")), fence: Fence(fence))
  }
}

extension JobArchiveSubject {
  /// Long enough for every wait that is going to end.
  static let patience = Duration.seconds(60)

  func store(_ jobs: ArchivedJob...) async throws {
    try await archive.store(jobs: jobs.map(\.document), tasks: [])
  }

  /// The numbers of the jobs of a filter, page by page.
  func numbers(_ filter: JobFilter, limit: Int = 2) async throws -> [UInt64] {
    var numbers: [UInt64] = []
    var cursor: String?
    for _ in 0..<1_000 {
      let page = try await archive.jobs(filter, limit: limit, cursor: cursor)
      try expect(page.jobs.count <= limit, "\(page.jobs.count) jobs came instead of \(limit)")
      numbers += page.jobs.map { $0.run.id.low & 0xffff }
      guard let next = page.next else { return numbers }
      cursor = next
    }
    throw ContractViolation("the pages have no end", at: #fileID)
  }

  /// A line whose text is its number.
  func line(_ number: Int64) -> OutputLine {
    OutputLine(
      stream: .out, bytes: [UInt8]("line \(number)".utf8), at: Moment(microseconds: number))
  }

  func chunk(
    _ lines: Range<Int64>, of attempt: AttemptID = .contract(), isLast: Bool = false
  ) -> LogChunk {
    LogChunk(
      attempt: attempt, first: lines.lowerBound, lines: lines.map(line), isLast: isLast)
  }

  func append(_ lines: Range<Int64>, isLast: Bool = false) async throws {
    try await archive.append([chunk(lines, isLast: isLast)])
  }

  /// Throws unless the log from `from` on is exactly these lines.
  func expectLines(
    from: Int64 = 0, _ lines: Range<Int64>, isLast: Bool = false,
    of attempt: AttemptID = .contract(),
    line: UInt = #line
  ) async throws {
    var found = LogChunk(attempt: attempt, first: from, lines: [])
    while true {
      let next = from + Int64(found.lines.count)
      let more = try await archive.lines(of: attempt, from: next, limit: 7)
      try expectEqual(more.first, next, "the first line of what came", line: line)
      try expect(more.lines.count <= 7, "more than 7 lines came", line: line)
      found.lines += more.lines
      found.isLast = more.isLast
      if more.lines.isEmpty || more.isLast { break }
    }
    try expectEqual(found.lines, lines.map(self.line), "the lines", line: line)
    try expectEqual(found.isLast, isLast, "that nothing follows", line: line)
  }

  /// Throws unless `body` ends well before its wait of `patience`.
  func expectPrompt(_ what: String, _ body: () async throws -> Void) async throws {
    let start = time.uptime()
    try await body()
    try expect(time.uptime() - start < JobArchiveSubject.patience / 2, "\(what) was not woken")
  }
}
