internal import Domain
internal import Ports

extension JobArchiveContract {
  static let listingCases: [ContractCase<JobArchiveSubject>] = [
    ContractCase("jobs of a namespace come newest first") { subject in
      try await subject.store(
        ArchivedJob(number: 1, created: 20), ArchivedJob(number: 2, created: 30),
        ArchivedJob(number: 3, created: 10), ArchivedJob(number: 4, namespace: "other"),
        ArchivedJob(number: 5, created: 20))
      try expectEqual(try await subject.numbers(JobFilter(namespace: .default)), [2, 5, 1, 3])
      let other = NamespaceName(unchecked: "other")
      try expectEqual(try await subject.numbers(JobFilter(namespace: other)), [4])
      let absent = NamespaceName(unchecked: "absent")
      try expectEqual(try await subject.numbers(JobFilter(namespace: absent)), [])
    },
    ContractCase("every filter, alone and with others, gives the jobs that fit") { subject in
      var jobs: [ArchivedJob] = []
      for number in 0..<24 as Range<UInt64> {
        jobs.append(
          ArchivedJob(
            number: number, workflow: ["build", "deploy"][Int(number % 2)],
            state: ["running", "failed", "succeeded"][Int(number % 3)],
            labels: number % 4 == 0 ? ["team": "core", "n": "\(number % 8)"] : ["team": "ops"],
            created: Int64(number)))
      }
      try await subject.archive.store(jobs: jobs.map(\.document), tasks: [])
      let moments = [nil, Moment(microseconds: 7_000_000), Moment(microseconds: 15_000_000)]
      let labels: [SortedMap<String, String>] = [
        [:], ["team": "core"], ["n": "4", "team": "core"], ["absent": "x"],
      ]
      for workflow in [nil, "build"] {
        for state in [nil, "failed"] {
          for labels in labels {
            for (since, before) in [(0, 0), (1, 0), (0, 2), (1, 2)] {
              let filter = JobFilter(
                namespace: .default, workflow: workflow.map { WorkflowName(unchecked: $0) },
                state: state, labels: labels, since: moments[since], before: moments[before])
              let expected = jobs.filter { job in
                (workflow == nil || job.workflow == workflow)
                  && (state == nil || job.state == state)
                  && labels.allSatisfy { job.labels[$0.key] == $0.value }
                  && (since == 0 || job.created >= 7) && (before == 0 || job.created < 15)
              }
              try expectEqual(
                try await subject.numbers(filter), expected.map(\.number).reversed(), "\(filter)")
            }
          }
        }
      }
    },
    ContractCase("a condition gives the jobs that fit, with any other filter, page by page") {
      subject in
      var jobs: [ArchivedJob] = []
      for number in 0..<40 as Range<UInt64> {
        jobs.append(
          ArchivedJob(
            number: number, workflow: ["build", "deploy"][Int(number % 2)],
            state: ["running", "failed", "succeeded"][Int(number % 3)],
            labels: number % 4 == 0 ? ["team": "core"] : [:], created: Int64(number)))
      }
      try await subject.archive.store(jobs: jobs.map(\.document), tasks: [])
      let texts = [
        "state = failed", "state != failed AND workflow = build", "NOT label.team = core",
        "label.team = core OR state IN (failed, running)",
        "workflow = deploy AND created >= 1970-01-01",
        "created < 1970-01-01T00:00:20Z AND (state = failed OR workflow = build)", "\"deploy\"",
        "workflow = build AND workflow = deploy",
      ]
      for text in texts {
        let condition = try SearchParser.parse(
          text, now: Moment(microseconds: 0), states: ["running", "failed", "succeeded"])
        for state in [nil, "failed"] {
          let filter = JobFilter(namespace: .default, state: state).narrowed(by: condition)
          let expected = jobs.filter {
            (state == nil || $0.state == state) && condition.holds(for: $0.document.facts)
          }
          try expectEqual(
            try await subject.numbers(filter), expected.map(\.number).reversed(), text)
        }
      }
    },
    ContractCase("a job is found by what it is now") { subject in
      try await subject.store(ArchivedJob(number: 1, labels: ["a": "1", "b": "1"]))
      try await subject.store(
        ArchivedJob(number: 1, revision: 2, state: "failed", labels: ["b": "2", "c": "1"]))
      let filters: [(JobFilter, [UInt64])] = [
        (JobFilter(namespace: .default, state: "running"), []),
        (JobFilter(namespace: .default, state: "failed"), [1]),
        (JobFilter(namespace: .default, labels: ["a": "1"]), []),
        (JobFilter(namespace: .default, labels: ["b": "1"]), []),
        (JobFilter(namespace: .default, labels: ["b": "2"]), [1]),
        (JobFilter(namespace: .default, labels: ["c": "1"]), [1]),
      ]
      for (filter, expected) in filters {
        try expectEqual(try await subject.numbers(filter), expected, "\(filter)")
      }
    },
    ContractCase("long and odd labels are found like others") { subject in
      let labels: SortedMap<String, String> = [
        "long": String(repeating: "é", count: 2_000), "=": "=", "": "",
        String(repeating: "n", count: 400): "x", "nul\u{0}": "\u{0}",
      ]
      try await subject.store(ArchivedJob(number: 1, labels: labels), ArchivedJob(number: 2))
      for (name, value) in labels {
        let filter = JobFilter(namespace: .default, labels: [name: value])
        try expectEqual(try await subject.numbers(filter), [1], "jobs with a label")
        let other = JobFilter(namespace: .default, labels: [name: value + "x"])
        try expectEqual(try await subject.numbers(other), [], "jobs with another label")
      }
    },
    ContractCase("pages neither repeat nor lose jobs while others come and change") { subject in
      for number in 0..<10 as Range<UInt64> {
        try await subject.store(ArchivedJob(number: number, created: Int64(number)))
      }
      let filter = JobFilter(namespace: .default)
      var page = try await subject.archive.jobs(filter, limit: 3, cursor: nil)
      var seen = page.jobs
      var step: UInt64 = 0
      while let cursor = page.next {
        try await subject.store(
          ArchivedJob(number: 100 + step, created: 50),
          ArchivedJob(number: step, revision: 2, state: "failed", created: Int64(step)))
        step += 1
        page = try await subject.archive.jobs(filter, limit: 3, cursor: cursor)
        seen += page.jobs
      }
      try expectEqual(
        seen.map { $0.run.id.low & 0xffff }, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], "the pages")
    },
    ContractCase("cursors and limits that make no sense are refused") { subject in
      let filter = JobFilter(namespace: .default)
      for cursor in ["", "x", "1~", "~run", "1~run_x", "99999999999999999999~x"] {
        try await expectThrows("the cursor [\(cursor)]") {
          try await subject.archive.jobs(filter, limit: 1, cursor: cursor)
        } matching: { (error: ArchiveError) in
          error.isRefusal
        }
      }
      for limit in [0, -1, 1_000_000] {
        try await expectThrows("the limit \(limit)") {
          try await subject.archive.jobs(filter, limit: limit, cursor: nil)
        } matching: { (error: ArchiveError) in
          error.isRefusal
        }
        try await expectThrows("the limit \(limit)") {
          try await subject.archive.lines(of: .contract(), from: 0, limit: limit)
        } matching: { (error: ArchiveError) in
          error.isRefusal
        }
      }
    },
  ]
}

extension ArchiveError {
  var isRefusal: Bool {
    if case .refused = self { return true }
    return false
  }
}
