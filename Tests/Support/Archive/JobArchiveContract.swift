internal import Domain
internal import Ports

/// The contract of `JobArchive`: the same cases for every backend.
///
/// Cases run alone on their archive. They make tasks with task groups only, so that they may run
/// under the virtual kernel as well as on real executors.
public enum JobArchiveContract {
  public static let cases: [ContractCase<JobArchiveSubject>] =
    documentCases + listingCases + removalCases + namingCases + lineCases + waitCases

  static let documentCases: [ContractCase<JobArchiveSubject>] = [
    ContractCase("a job comes back as it was stored") { subject in
      var job = ArchivedJob(number: 1, labels: ["team": "core", "é": ""]).document
      job.reason = Reason(
        code: "needs-unmet", message: "waits", since: Moment(microseconds: 5),
        until: Moment(microseconds: 9), blockers: ["a", "b"])
      job.startedAt = Moment(microseconds: 7)
      job.endedAt = Moment(microseconds: 8)
      job.counts = ["running": 3, "succeeded": 100_000]
      try await subject.archive.store(jobs: [job], tasks: [])
      try expectEqual(try await subject.archive.job(job.run), job)
      try expectEqual(try await subject.archive.job(.contract(2)), nil)
    },
    ContractCase("a task comes back as it was stored") { subject in
      var task = TaskDocument(
        run: .contract(1), task: TaskKey(TaskName(unchecked: "test"), index: 3), revision: 2,
        state: "failed")
      task.reason = Reason(code: "exit", message: "exit code 3", since: Moment(microseconds: 5))
      task.attempts = [
        TaskDocument.Attempt(
          fence: Fence(1), worker: "w-1", state: "failed", queuedAt: Moment(microseconds: 1),
          startedAt: Moment(microseconds: 2), endedAt: Moment(microseconds: 3), exitCode: -1,
          reason: Reason(code: "exit", message: "", since: .start), logLines: 12,
          usage: ResourceUsage(processorTime: .microseconds(1_234), memoryPeakBytes: 5 << 20)),
        TaskDocument.Attempt(fence: Fence(2), state: "running"),
      ]
      task.outputs = [
        "object": .object(["list": .array([.null, .boolean(true), .integer(.min)])]),
        "number": .decimal(Decimal(scaled: -1)), "text": .string("é\u{0}"),
      ]
      try await subject.archive.store(jobs: [], tasks: [task])
      try expectEqual(
        try await subject.archive.tasks(of: .contract(1), after: nil, limit: 10), [task])
    },
    ContractCase("the highest revision stays, in whatever order revisions come") { subject in
      var task = TaskDocument(
        run: .contract(1), task: TaskKey(TaskName(unchecked: "t")), revision: 0, state: "")
      for revision in [2, 1, 4, 3, 4] as [Int64] {
        try await subject.store(ArchivedJob(number: 1, revision: revision, state: "s\(revision)"))
        (task.revision, task.state) = (revision, "s\(revision)")
        try await subject.archive.store(jobs: [], tasks: [task])
      }
      try await subject.store(ArchivedJob(number: 1, revision: 4, state: "late"))
      try expectEqual(try await subject.archive.job(.contract(1))?.state, "s4")
      let tasks = try await subject.archive.tasks(of: .contract(1), after: nil, limit: 10)
      try expectEqual(tasks.map(\.state), ["s4"])
    },
    ContractCase("of documents in one call the highest revision stays") { subject in
      try await subject.store(
        ArchivedJob(number: 1, revision: 1, state: "a"),
        ArchivedJob(number: 1, revision: 3, state: "b"),
        ArchivedJob(number: 1, revision: 2, state: "c"))
      try expectEqual(try await subject.archive.job(.contract(1))?.state, "b")
    },
    ContractCase("concurrent writers end with the highest revision") { subject in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for revision in 1...12 as ClosedRange<Int64> {
          group.addTask {
            try await subject.store(
              ArchivedJob(
                number: 1, revision: revision, state: "s\(revision)", labels: ["r": "\(revision)"]))
          }
        }
        try await group.waitForAll()
      }
      try expectEqual(try await subject.archive.job(.contract(1))?.state, "s12")
      for revision in 1...12 {
        let filter = JobFilter(namespace: .default, labels: ["r": "\(revision)"])
        try expectEqual(try await subject.numbers(filter), revision == 12 ? [1] : [])
      }
    },
    ContractCase("tasks come in the order of their keys, page by page") { subject in
      let names = ["a", "b", "b-2"].map { TaskName(unchecked: $0) }
      let keys = [
        TaskKey(names[0]), TaskKey(names[1]), TaskKey(names[1], index: 0),
        TaskKey(names[1], index: 2), TaskKey(names[1], index: 10), TaskKey(names[2], index: 1),
      ]
      let tasks = keys.reversed().map {
        TaskDocument(run: .contract(1), task: $0, revision: 1, state: "s")
      }
      let other = TaskDocument(run: .contract(2), task: keys[0], revision: 1, state: "s")
      try await subject.archive.store(jobs: [], tasks: tasks + [other])
      var found: [TaskKey] = []
      while true {
        let page = try await subject.archive.tasks(of: .contract(1), after: found.last, limit: 2)
        if page.isEmpty { break }
        found += page.map(\.task)
      }
      try expectEqual(found, keys)
    },
    ContractCase("a run of many tasks is stored and read in one go") { subject in
      let name = TaskName(unchecked: "t")
      let tasks = (0..<1_500).map { (index: Int) in
        TaskDocument(
          run: .contract(1), task: TaskKey(name, index: index), revision: 1, state: "s\(index)")
      }
      try await subject.archive.store(jobs: [], tasks: tasks)
      try expectEqual(
        try await subject.archive.tasks(of: .contract(1), after: nil, limit: 10_000), tasks)
    },
    ContractCase("storing nothing does nothing") { subject in
      try await subject.archive.store(jobs: [], tasks: [])
      try await subject.archive.append([])
    },
  ]
}
