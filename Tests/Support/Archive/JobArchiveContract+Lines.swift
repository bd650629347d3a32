internal import Domain
internal import Ports

extension JobArchiveContract {
  static let lineCases: [ContractCase<JobArchiveSubject>] = [
    ContractCase("lines come back as they were printed") { subject in
      let lines = [
        OutputLine(stream: .out, bytes: [], at: Moment(microseconds: 1)),
        OutputLine(stream: .error, bytes: [0, 255, 10], at: Moment(microseconds: 2)),
        OutputLine(stream: .system, bytes: [UInt8]("é".utf8), at: .start),
        OutputLine(
          stream: .out, bytes: [UInt8](repeating: 65, count: 64 << 10), at: .distantFuture),
      ]
      try await subject.archive.append([LogChunk(attempt: .contract(), first: 0, lines: lines)])
      let found = try await subject.archive.lines(of: .contract(), from: 0, limit: 10)
      try expectEqual(found, LogChunk(attempt: .contract(), first: 0, lines: lines))
    },
    ContractCase("a log that has not begun is empty and not complete") { subject in
      try await subject.expectLines(0..<0)
      try await subject.expectLines(from: 5, 0..<0)
    },
    ContractCase("logs of attempts are apart") { subject in
      let other = AttemptID.contract(fence: 2)
      try await subject.archive.append([
        subject.chunk(0..<3), subject.chunk(0..<5, of: other, isLast: true), subject.chunk(3..<4),
      ])
      try await subject.expectLines(0..<4)
      try await subject.expectLines(0..<5, isLast: true, of: other)
    },
    ContractCase("chunks may repeat, overlap and come in any order") { subject in
      for range in [4..<8, 2..<3, 0..<2, 0..<2, 1..<6, 10..<12, 3..<4] as [Range<Int64>] {
        try await subject.append(range)
      }
      try await subject.expectLines(0..<8)
      try await subject.append(7..<13)
      try await subject.expectLines(0..<13)
      try await subject.append(0..<13)
      try await subject.expectLines(0..<13)
    },
    ContractCase("reading stops before the first line that is missing") { subject in
      try await subject.append(0..<3)
      try await subject.append(5..<7, isLast: true)
      try await subject.expectLines(0..<3)
      try await subject.expectLines(from: 3, 0..<0)
      try await subject.expectLines(from: 5, 5..<7, isLast: true)
      try await subject.append(3..<5)
      try await subject.expectLines(0..<7, isLast: true)
    },
    ContractCase("reading begins at any line") { subject in
      try await subject.append(0..<10)
      try await subject.append(10..<25, isLast: true)
      for from in 0...25 as ClosedRange<Int64> {
        try await subject.expectLines(from: from, from..<25, isLast: true)
      }
    },
    ContractCase("a log ends with its last line, known before or after") { subject in
      try await subject.append(2..<4, isLast: true)
      try await subject.expectLines(0..<0)
      try await subject.append(0..<2)
      try await subject.expectLines(0..<4, isLast: true)

      let other = AttemptID.contract(fence: 2)
      try await subject.archive.append([
        subject.chunk(0..<2, of: other), subject.chunk(2..<2, of: other, isLast: true),
      ])
      try await subject.expectLines(0..<2, isLast: true, of: other)
      let silent = AttemptID.contract(fence: 3)
      try await subject.archive.append([subject.chunk(0..<0, of: silent, isLast: true)])
      try await subject.expectLines(0..<0, isLast: true, of: silent)
    },
    ContractCase("concurrent writers of one log leave each line once") { subject in
      let archive = subject.archive
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<6 as Range<Int64> {
          group.addTask {
            for step in 0..<5 as Range<Int64> {
              let first = step * 8 + writer
              try await archive.append([subject.chunk(first..<first + 5)])
            }
          }
        }
        try await group.waitForAll()
      }
      try await subject.expectLines(0..<42)
    },
    ContractCase("a long log in many chunks is read whole") { subject in
      let all = subject.chunk(0..<5_000, isLast: true)
      try await subject.archive.append(
        stride(from: 0, to: 5_000 as Int64, by: 50).map {
          subject.chunk($0..<$0 + 50, isLast: $0 == 4_950)
        })
      var found = try await subject.archive.lines(of: .contract(), from: 0, limit: 777)
      while !found.isLast {
        let next = Int64(found.lines.count)
        let more = try await subject.archive.lines(of: .contract(), from: next, limit: 777)
        try expect(!more.lines.isEmpty, "nothing comes after line \(next)")
        found.lines += more.lines
        found.isLast = more.isLast
      }
      try expect(found == all, "\(found.lines.count) lines came and not the 5,000")
    },
    ContractCase("lines with negative numbers are refused") { subject in
      try await expectThrows("a negative line") {
        try await subject.append(-1..<1)
      } matching: { (error: ArchiveError) in
        error.isRefusal
      }
      try await expectThrows("reading from a negative line") {
        try await subject.archive.lines(of: .contract(), from: -1, limit: 1)
      } matching: { (error: ArchiveError) in
        error.isRefusal
      }
    },
  ]

  static let waitCases: [ContractCase<JobArchiveSubject>] = [
    ContractCase("lines that are there are not waited for") { subject in
      try await subject.append(0..<3, isLast: true)
      for from in [0, 2, 3, 9] as [Int64] {
        try await subject.expectPrompt("the wait from \(from)") {
          await subject.archive.waitForLines(
            of: .contract(), from: from, wait: JobArchiveSubject.patience)
        }
      }
    },
    ContractCase("new lines wake who waits for them") { subject in
      try await subject.append(0..<3)
      try await subject.expectPrompt("the reader") {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<3 {
            group.addTask {
              await subject.archive.waitForLines(
                of: .contract(), from: 3, wait: JobArchiveSubject.patience)
            }
          }
          group.addTask {
            try await subject.time.sleep(for: .milliseconds(5))
            try await subject.append(3..<4)
          }
          try await group.waitForAll()
        }
      }
    },
    ContractCase("the end of a log wakes who waits for more") { subject in
      try await subject.append(0..<3)
      try await subject.expectPrompt("the reader") {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            await subject.archive.waitForLines(
              of: .contract(), from: 3, wait: JobArchiveSubject.patience)
          }
          group.addTask {
            try await subject.time.sleep(for: .milliseconds(5))
            try await subject.append(3..<3, isLast: true)
          }
          try await group.waitForAll()
        }
      }
    },
    ContractCase("a wait for nothing lasts as long as asked, and ends when cancelled") { subject in
      await subject.archive.waitForLines(of: .contract(), from: 0, wait: .milliseconds(10))
      try await subject.expectPrompt("the cancelled reader") {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            await subject.archive.waitForLines(
              of: .contract(), from: 0, wait: JobArchiveSubject.patience)
          }
          try await subject.time.sleep(for: .milliseconds(5))
          group.cancelAll()
          try await group.waitForAll()
        }
      }
    },
  ]
}
