public import Domain
public import Ports

/// An executor, and how to say a few things in its kind of work.
public struct ExecutorSubject: Sendable {
  /// What an order shall do.
  public enum Act: Hashable, Sendable {
    /// End well, giving this value as the output `answer`.
    case succeed(Value)
    /// End badly.
    case fail
    /// Print the lines `line 1` to `line n` to the first stream and end well.
    case print(lines: Int)
    /// Do nothing until stopped; ends when asked politely.
    case hang
    /// As `hang`, but deaf to the polite signal.
    case hangDeaf
    /// Something that the executor accepts and cannot do.
    case nonsense
  }

  public let executor: any Executor
  /// Nil when the kind of work cannot express the act; the promises about it then hold idly.
  public let work: @Sendable (Act) -> WorkOrder.Work?
  /// Work of a kind that the executor does not accept.
  public let foreign: WorkOrder.Work
  /// What good work exits with: 0 of processes, nil of what has no exit code.
  public let goodExitCode: Int?

  public init(
    executor: any Executor, foreign: WorkOrder.Work, goodExitCode: Int? = nil,
    work: @escaping @Sendable (Act) -> WorkOrder.Work?
  ) {
    self.executor = executor
    self.foreign = foreign
    self.goodExitCode = goodExitCode
    self.work = work
  }

  func order(
    _ work: WorkOrder.Work, _ number: Int, outputs: SortedMap<String, ValueType> = [:]
  ) -> WorkOrder {
    let run = RunID(SortableID(high: 0xe0, low: UInt64(number)))
    let attempt = AttemptID(
      run: run, task: TaskKey(TaskName(unchecked: "contract")), fence: Fence(1))
    return WorkOrder(attempt: attempt, work: work, outputs: outputs)
  }
}

/// The promises of `Executor` and `Execution`.
public enum ExecutorContract {
  public static let cases: [ContractCase<ExecutorSubject>] = endings + outputs + stops

  private typealias Case = ContractCase<ExecutorSubject>

  private static let endings: [ContractCase<ExecutorSubject>] = [
    Case("it accepts its own kind of work and no other") { subject in
      for act in [ExecutorSubject.Act.succeed(.null), .fail, .hang] {
        guard let work = subject.work(act) else { continue }
        try expect(subject.executor.accepts(work), "\(work) is not accepted")
      }
      try expect(!subject.executor.accepts(subject.foreign), "\(subject.foreign) is accepted")
    },
    Case("work of another kind is unsupported, and so is work that it cannot do") { subject in
      for work in [subject.foreign, subject.work(.nonsense)].compactMap({ $0 }) {
        try await expectThrows("starting \(work)") {
          _ = try await subject.executor.start(subject.order(work, 1))
        } matching: { (error: ExecutorError) in
          if case .unsupported(let why) = error { !why.isEmpty } else { false }
        }
      }
    },
    Case("good work succeeds with the outputs that were declared") { subject in
      for value in [Value.string("a b"), .integer(7), .array([.null, .boolean(true)])] {
        guard let work = subject.work(.succeed(value)) else { return }
        let type: ValueType =
          switch value {
          case .string: .string
          case .integer: .integer
          case .null, .boolean, .decimal, .array, .object: .any
          }
        let order = subject.order(work, 2, outputs: ["answer": type])
        let (_, result) = try await run(subject.executor, order)
        try expectEqual(
          result, .succeeded(outputs: ["answer": value], exitCode: subject.goodExitCode),
          "result")
      }
    },
    Case("an output of another type than declared fails the work") { subject in
      guard let work = subject.work(.succeed(.string("seven"))) else { return }
      let order = subject.order(work, 3, outputs: ["answer": .integer])
      let (_, result) = try await run(subject.executor, order)
      guard case .failed(_, let reason) = result else {
        throw ContractViolation("the result is \(result)", at: #fileID)
      }
      try expectEqual(reason.code, "output-type", "reason")
    },
    Case("bad work fails with a reason") { subject in
      guard let work = subject.work(.fail) else { return }
      let (_, result) = try await run(subject.executor, subject.order(work, 4))
      guard case .failed(_, let reason) = result else {
        throw ContractViolation("the result is \(result)", at: #fileID)
      }
      try expect(!reason.code.isEmpty && !reason.message.isEmpty, "the reason is empty")
    },
    Case("the result is the same for everyone who asks, at any time") { subject in
      guard let work = subject.work(.fail) else { return }
      let execution = try await subject.executor.start(subject.order(work, 5))
      async let early = execution.result()
      async let other = execution.result()
      let results = await [early, other, execution.result()]
      try expect(results.allSatisfy { $0 == results[0] }, "results differ: \(results)")
    },
  ]

  private static let outputs: [ContractCase<ExecutorSubject>] = [
    Case("every line is read once, in order, and then nothing") { subject in
      guard let work = subject.work(.print(lines: 2_000)) else { return }
      let (lines, result) = try await run(subject.executor, subject.order(work, 6))
      try expectEqual(
        result, .succeeded(outputs: [:], exitCode: subject.goodExitCode), "result")
      let texts = lines.filter { $0.stream == .out }.map {
        String(decoding: $0.bytes, as: UTF8.self)
      }
      try expectEqual(texts, (1...2_000).map { "line \($0)" }, "lines")
    },
    Case("what was printed can be read after the end") { subject in
      guard let work = subject.work(.print(lines: 3)) else { return }
      let execution = try await subject.executor.start(subject.order(work, 7))
      _ = await execution.result()
      let lines = await read(execution).filter { $0.stream == .out }
      try expectEqual(lines.count, 3, "lines")
      try expectEqual(await execution.nextOutput(), [], "what follows the last line")
    },
    Case("output that nobody reads does not keep a kill from ending the work") { subject in
      guard let work = subject.work(.print(lines: 200_000)) else { return }
      let execution = try await subject.executor.start(subject.order(work, 8))
      await execution.stop(.kill)
      switch await execution.result() {
      case .stopped, .succeeded: return
      case let other: throw ContractViolation("the result is \(other)", at: #fileID)
      }
    },
    Case("too much output is dropped, counted, and does not hold the work up") { subject in
      guard let work = subject.work(.print(lines: 2_000)) else { return }
      var order = subject.order(work, 9)
      order.limits.outputBytesMax = 100
      let (lines, result) = try await run(subject.executor, order)
      try expectEqual(
        result, .succeeded(outputs: [:], exitCode: subject.goodExitCode), "result")
      let kept = lines.filter { $0.stream == .out }.reduce(0) { $0 + $1.bytes.count + 1 }
      try expect(kept <= 101, "\(kept) bytes were kept")
      try expect(lines.contains { $0.stream == .system }, "no line says so")
    },
  ]

  private static let stops: [ContractCase<ExecutorSubject>] = [
    Case("the polite signal stops work that listens") { subject in
      guard let work = subject.work(.hang) else { return }
      let execution = try await started(subject, work, 10)
      await execution.stop(.terminate)
      try await expectStopped(execution)
    },
    Case("a kill stops work that does not") { subject in
      guard let work = subject.work(.hangDeaf) else { return }
      let execution = try await started(subject, work, 11)
      await execution.stop(.terminate)
      await execution.stop(.kill)
      try await expectStopped(execution)
    },
    Case("a stop right after the start is not lost") { subject in
      guard let work = subject.work(.hang) else { return }
      let execution = try await subject.executor.start(subject.order(work, 12))
      await execution.stop(.kill)
      try await expectStopped(execution)
    },
    Case("stops may be repeated, and do nothing after the end") { subject in
      guard let work = subject.work(.succeed(.null)) else { return }
      let execution = try await subject.executor.start(subject.order(work, 13))
      let result = await execution.result()
      for _ in 0..<3 {
        await execution.stop(.terminate)
        await execution.stop(.kill)
      }
      try expectEqual(await execution.result(), result, "result")
    },
  ]

  /// Starts work that hangs and waits for its first line, if the work prints one.
  private static func started(
    _ subject: ExecutorSubject, _ work: WorkOrder.Work, _ number: Int
  ) async throws -> any Execution {
    let execution = try await subject.executor.start(subject.order(work, number))
    switch work {
    case .run, .script, .contained: _ = await execution.nextOutput()
    case .http, .call: break
    }
    return execution
  }

  private static func expectStopped(_ execution: any Execution) async throws {
    async let rest = read(execution)
    let result = await execution.result()
    _ = await rest
    guard case .stopped = result else {
      throw ContractViolation("the result is \(result)", at: #fileID)
    }
  }

  /// Runs the order to its end, reading all it prints.
  public static func run(
    _ executor: any Executor, _ order: WorkOrder
  ) async throws -> (lines: [OutputLine], result: ExecutionResult) {
    let execution = try await executor.start(order)
    let lines = await read(execution)
    return (lines, await execution.result())
  }

  /// Reads until there is nothing more.
  public static func read(_ execution: any Execution) async -> [OutputLine] {
    var lines: [OutputLine] = []
    while true {
      let more = await execution.nextOutput()
      if more.isEmpty { return lines }
      lines += more
    }
  }
}
