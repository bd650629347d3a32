internal import Domain
internal import Ports

extension JobArchiveContract {
  static let namingCases: [ContractCase<JobArchiveSubject>] =
    namedReadCases + namedRemovalCases + namedListCases

  static let namedReadCases: [ContractCase<JobArchiveSubject>] = [
    ContractCase("of jobs that are named those come that there are, and no others") { subject in
      let jobs = [
        ArchivedJob(number: 1, labels: ["team": "core"]), ArchivedJob(number: 2),
        ArchivedJob(number: 3, namespace: "other"), ArchivedJob(number: 4),
        ArchivedJob(number: 6, state: "failed"),
      ].map(\.document)
      try await subject.archive.store(jobs: jobs, tasks: [])
      let runs = [6, 5, 1, 3, 9, 1, 4].map { RunID.contract($0) }
      let found = try await subject.archive.jobs(named: runs)
      try expectEqual(
        found.sorted { $0.run < $1.run }, [jobs[0], jobs[2], jobs[3], jobs[4]], "the jobs")
    },
    ContractCase("many jobs can be named at once") { subject in
      let jobs = (1...1_500 as ClosedRange<UInt64>).map { ArchivedJob(number: $0).document }
      try await subject.archive.store(jobs: jobs, tasks: [])
      let runs = (0...1_600 as ClosedRange<UInt64>).map { RunID.contract($0) }
      let found = try await subject.archive.jobs(named: runs)
      try expect(
        found.sorted { $0.run < $1.run } == jobs, "\(found.count) jobs came and not the 1,500")
    },
    ContractCase("the attempts of a run are those with lines or an end") { subject in
      let archive = subject.archive
      let (compile, other) = (TaskName(unchecked: "compile"), TaskName(unchecked: "compile-2"))
      let tasks = [
        TaskKey(compile), TaskKey(compile, index: 0), TaskKey(compile, index: 12), TaskKey(other),
      ]
      // Neighbours by their texts: one before, one behind, one that differs earlier.
      for run in [1, 2, 3, 34].map({ RunID.contract($0) }) {
        for (place, task) in tasks.enumerated() {
          for fence in [1, 2, 10] {
            let attempt = AttemptID(run: run, task: task, fence: Fence(fence))
            let chunks = [
              subject.chunk(0..<4, of: attempt), subject.chunk(0..<0, of: attempt, isLast: true),
              subject.chunk(5..<7, of: attempt), subject.chunk(0..<2, of: attempt, isLast: true),
            ]
            try await archive.append([chunks[(place + fence) % 4]])
          }
        }
      }
      let expected = tasks.flatMap { task in
        [1, 2, 10].map { AttemptID(run: .contract(2), task: task, fence: Fence($0)) }
      }
      let found = try await archive.attempts(of: .contract(2))
      try expectEqual(found.sorted(), expected.sorted(), "the attempts")
    },
    ContractCase("a run without logs has no attempts") { subject in
      let archive = subject.archive
      try await subject.store(ArchivedJob(number: 1))
      try await archive.append([
        subject.chunk(0..<0, of: .contract(1)), subject.chunk(0..<2, of: .contract(2)),
      ])
      try expectEqual(try await archive.attempts(of: .contract(1)), [])
      try expectEqual(try await archive.attempts(of: .contract(9)), [])
    },
  ]

  static let namedRemovalCases: [ContractCase<JobArchiveSubject>] = [
    ContractCase("jobs that are named go with tasks and labels, and logs stay") { subject in
      let archive = subject.archive
      for number in 1...4 as ClosedRange<UInt64> {
        let job = ArchivedJob(
          number: number, revision: 7, labels: ["n": "\(number)", "team": "core", "zone": "a"],
          created: Int64(number)
        ).document
        try await archive.store(jobs: [job], tasks: subject.tasks(of: number, revision: 7))
        try await archive.append([subject.chunk(0..<3, of: .contract(number), isLast: true)])
      }
      // Of this one there are tasks alone.
      try await archive.store(jobs: [], tasks: subject.tasks(of: 5, revision: 7))
      try await archive.removeJobs([1, 3, 9, 5, 1].map { RunID.contract($0) })
      for number in 1...5 as ClosedRange<UInt64> {
        let isThere = number == 2 || number == 4
        try expectEqual(try await archive.job(.contract(number)) != nil, isThere, "job \(number)")
        let tasks = try await archive.tasks(of: .contract(number), after: nil, limit: 9)
        try expectEqual(tasks.count, isThere ? 5 : 0, "tasks of job \(number)")
        let filter = JobFilter(namespace: .default, labels: ["n": "\(number)"])
        try expectEqual(try await subject.numbers(filter), isThere ? [number] : [])
        guard number < 5 else { continue }
        try await subject.expectLines(0..<3, isLast: true, of: .contract(number))
      }
      let core = JobFilter(namespace: .default, labels: ["team": "core"])
      try expectEqual(try await subject.numbers(core), [4, 2])
    },
    ContractCase("a job that was removed by its name is stored anew by a lower revision") {
      subject in
      let archive = subject.archive
      try await subject.store(ArchivedJob(number: 1, revision: 7, labels: ["n": "7", "m": "1"]))
      try await archive.store(jobs: [], tasks: subject.tasks(of: 1, revision: 7))
      try await archive.removeJobs([.contract(1)])
      let job = ArchivedJob(number: 1, revision: 2, labels: ["n": "2", "m": "1"]).document
      let tasks = subject.tasks(of: 1, revision: 2)
      try await archive.store(jobs: [job], tasks: tasks)
      try expectEqual(try await archive.job(.contract(1)), job)
      try expectEqual(try await archive.tasks(of: .contract(1), after: nil, limit: 9), tasks)
      for (name, value, isThere) in [("n", "7", false), ("n", "2", true), ("m", "1", true)] {
        let filter = JobFilter(namespace: .default, labels: [name: value])
        let numbers = try await subject.numbers(filter)
        try expectEqual(numbers, isThere ? [1] : [], "jobs with \(name)=\(value)")
      }
    },
    ContractCase("logs that are named go with their ends, and come again with others") { subject in
      let archive = subject.archive
      let (gone, silent) = (AttemptID.contract(), AttemptID.contract(fence: 2))
      // The names of these begin like those of the others.
      let kept = [AttemptID.contract(fence: 10), .contract(fence: 20), .contract(2)]
      try await subject.store(ArchivedJob(number: 1))
      try await archive.append(
        ([gone] + kept).map { subject.chunk(0..<7, of: $0, isLast: true) })
      try await archive.append([subject.chunk(0..<0, of: silent, isLast: true)])
      try await archive.removeLogs(of: [gone, silent, .contract(9), gone])
      try await subject.expectLines(0..<0, of: gone)
      try await subject.expectLines(0..<0, of: silent)
      for attempt in kept { try await subject.expectLines(0..<7, isLast: true, of: attempt) }
      try expectEqual(
        try await archive.attempts(of: .contract(1)).sorted(), Array(kept[..<2]), "the attempts")
      try expect(try await archive.job(.contract(1)) != nil, "the job is gone")
      try await subject.append(0..<2)
      try await subject.expectLines(0..<2)
      try await subject.append(1..<9, isLast: true)
      try await subject.expectLines(0..<9, isLast: true)
    },
    ContractCase("a log that is written while it is removed can be written whole") { subject in
      let archive = subject.archive
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for first in stride(from: 0, to: 40 as Int64, by: 2) {
            try await subject.append(first..<first + 2)
          }
        }
        group.addTask {
          for _ in 0..<10 { try await archive.removeLogs(of: [.contract()]) }
        }
        try await group.waitForAll()
      }
      try await subject.append(0..<40, isLast: true)
      try await subject.expectLines(0..<40, isLast: true)
    },
  ]

  static let namedListCases: [ContractCase<JobArchiveSubject>] = [
    ContractCase("to name none, or what is not there, does nothing") { subject in
      let archive = subject.archive
      try await subject.store(ArchivedJob(number: 1))
      try await subject.append(0..<3, isLast: true)
      try expectEqual(try await archive.jobs(named: []), [])
      try expectEqual(try await archive.jobs(named: [.contract(9)]), [])
      try await archive.removeJobs([])
      try await archive.removeJobs([.contract(9)])
      try await archive.removeLogs(of: [])
      try await archive.removeLogs(of: [.contract(9)])
      try expect(try await archive.job(.contract(1)) != nil, "the job is gone")
      try await subject.expectLines(0..<3, isLast: true)
    },
    ContractCase("more names than one call takes are refused") { subject in
      let archive = subject.archive
      let runs = (1...10_001 as ClosedRange<UInt64>).map { RunID.contract($0) }
      let attempts = (1...10_001 as ClosedRange<UInt64>).map { AttemptID.contract($0) }
      try await subject.store(ArchivedJob(number: 1))
      try await subject.append(0..<3)
      try await expectThrows("naming jobs") {
        try await archive.jobs(named: runs)
      } matching: { (error: ArchiveError) in
        error.isRefusal
      }
      try await expectThrows("removing jobs") {
        try await archive.removeJobs(runs)
      } matching: { (error: ArchiveError) in
        error.isRefusal
      }
      try await expectThrows("removing logs") {
        try await archive.removeLogs(of: attempts)
      } matching: { (error: ArchiveError) in
        error.isRefusal
      }
      try expect(try await archive.job(.contract(1)) != nil, "the job is gone")
      try await subject.expectLines(0..<3)
    },
  ]
}

extension JobArchiveSubject {
  /// Five instances of one task, in the order of their keys.
  fileprivate func tasks(of number: UInt64, revision: Int64) -> [TaskDocument] {
    (0..<5).map { index in
      TaskDocument(
        run: .contract(number), task: TaskKey(TaskName(unchecked: "t"), index: index),
        revision: revision, state: "r\(revision)")
    }
  }
}
