internal import Domain
internal import Ports

extension JobArchiveContract {
  static let removalCases: [ContractCase<JobArchiveSubject>] = [
    ContractCase("namespaces come in their order, page by page") { subject in
      try expectEqual(try await subject.archive.namespaces(after: nil, limit: 5), [])
      try await subject.store(
        ArchivedJob(number: 1, namespace: "b"), ArchivedJob(number: 2, namespace: "a"),
        ArchivedJob(number: 3, namespace: "c-1"), ArchivedJob(number: 4, namespace: "b"))
      var found: [NamespaceName] = []
      while true {
        let page = try await subject.archive.namespaces(after: found.last, limit: 2)
        try expect(page.count <= 2, "\(page.count) namespaces came instead of 2")
        found += page
        if page.isEmpty { break }
      }
      try expectEqual(found.map(\.text), ["a", "b", "c-1"])
    },
    ContractCase("jobs that ended before go with all they have, others stay") { subject in
      let archive = subject.archive
      for (number, ended) in [(1, 10), (2, 20), (3, nil), (4, 15)] as [(UInt64, Int64?)] {
        var job = ArchivedJob(
          number: number, namespace: number == 4 ? "other" : "default", labels: ["n": "\(number)"],
          created: Int64(number)
        ).document
        job.endedAt = ended.map { Moment(microseconds: $0 * 1_000_000) }
        let tasks = ["compile", "test"].map { name in
          TaskDocument(
            run: job.run, task: TaskKey(TaskName(unchecked: name)), revision: 1, state: "s")
        }
        try await archive.store(jobs: [job], tasks: tasks)
        try await archive.append([
          subject.chunk(0..<3, of: .contract(number), isLast: true),
          subject.chunk(0..<2, of: .contract(number, fence: 2)),
        ])
      }
      // To the instant: what ends at it is not before it.
      for second in [10, 20] as [Int64] {
        let moment = Moment(microseconds: second * 1_000_000)
        let removed = try await archive.removeJobs(
          of: .default, endedBefore: moment, limit: 10)
        try expectEqual(removed, second == 20 ? 1 : 0, "jobs removed before \(second)")
      }
      try expectEqual(try await archive.job(.contract(1)), nil)
      try expectEqual(try await archive.tasks(of: .contract(1), after: nil, limit: 9).count, 0)
      try await subject.expectLines(0..<0, of: .contract(1))
      try await subject.expectLines(0..<0, of: .contract(1, fence: 2))
      try expectEqual(
        try await subject.numbers(JobFilter(namespace: .default, labels: ["n": "1"])), [])
      for number in 2...4 as ClosedRange<UInt64> {
        try expect(try await archive.job(.contract(number)) != nil, "job \(number) is gone")
        try expectEqual(
          try await archive.tasks(of: .contract(number), after: nil, limit: 9).count, 2)
        try await subject.expectLines(0..<3, isLast: true, of: .contract(number))
        try await subject.expectLines(0..<2, of: .contract(number, fence: 2))
      }
      try expectEqual(try await subject.numbers(JobFilter(namespace: .default)), [3, 2])
    },
    ContractCase("so many are removed at once, and what is removed can be stored anew") { subject in
      let archive = subject.archive
      for number in 0..<7 as Range<UInt64> {
        var job = ArchivedJob(number: number, revision: 5, created: Int64(number)).document
        job.endedAt = Moment(microseconds: Int64(number) * 1_000_000 + 1)
        try await archive.store(jobs: [job], tasks: [])
      }
      var counts: [Int] = []
      for _ in 0..<4 {
        counts.append(
          try await archive.removeJobs(of: .default, endedBefore: .distantFuture, limit: 3))
      }
      try expectEqual(counts, [3, 3, 1, 0])
      try expectEqual(try await subject.numbers(JobFilter(namespace: .default)), [])
      try await subject.store(ArchivedJob(number: 3, revision: 1))
      try expectEqual(try await subject.numbers(JobFilter(namespace: .default)), [3])
    },
  ]
}
