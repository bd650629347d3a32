internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import Wire
internal import WorkerCore

/// Runs the worker's machine: gives it what happens, and does what it asks for.
///
/// Effects run as children of one task group, so that a slow call holds nothing else back; their
/// answers come in as events. What the machine decides takes no time, so that a lock does where an
/// actor would cost two changes of its executor for every call.
final class WorkerAgent: Sendable {
  private struct State {
    var worker: Worker
    /// The orders of attempts that were granted and have not started.
    var orders: SortedMap<AttemptID, WorkOrder> = [:]
    /// Of attempts whose trace is recorded, until nothing more is asked about them.
    var traces: SortedMap<AttemptID, TraceContext> = [:]
    var runs: SortedMap<AttemptID, AttemptRun> = [:]

    mutating func forget(_ attempt: AttemptID) {
      orders[attempt] = nil
      traces[attempt] = nil
    }
  }

  private let ports: WorkerPorts
  private let state: Mutex<State>
  private let effects: AsyncStream<WorkerEffect>
  private let feed: AsyncStream<WorkerEffect>.Continuation
  private let alarm = Alarm()
  private let results: ResultPublisher
  private let budget: LogBudget

  init(_ ports: WorkerPorts) {
    self.ports = ports
    state = Mutex(State(worker: Worker(ports.configuration.limits)))
    // Bounded by what the machine asks for: a few effects for each slot and result.
    (effects, feed) = AsyncStream.makeStream()
    results = ResultPublisher(ports)
    budget = LogBudget(bytesMax: ports.configuration.logBytesHeldMax)
  }

  /// Runs until the machine is over or the task is cancelled.
  func run() async {
    // A group that keeps results would keep every effect that was ever performed.
    await withDiscardingTaskGroup { group in
      for pool in ports.configuration.pools {
        group.addTask { await self.takeHints(of: pool) }
      }
      group.addTask { await self.watchTime() }
      group.addTask { await self.publishResults() }
      handle(.started)
      for await effect in effects {
        if case .finish = effect { break }
        group.addTask { await self.perform(effect) }
      }
      if !Task.isCancelled { await shipLogs() }
      group.cancelAll()
      killAll()
    }
  }

  /// The last lines of attempts that ended before the worker did.
  private func shipLogs() async {
    let limit = ports.context.time.uptime() + ports.configuration.logFlushWithin
    while state.withLock({ !$0.runs.isEmpty }), ports.context.time.uptime() < limit {
      try? await ports.context.time.sleep(for: ports.configuration.retryWait)
    }
  }

  func handle(_ event: WorkerEvent) {
    // Effects are passed on in the order in which they were decided.
    state.withLock { state in
      for effect in state.worker.apply(event, at: ports.context.time.uptime()) {
        switch effect {
        case .publish(let result): results.add(result, state.traces[result.attempt])
        case .forget(let attempt): state.forget(attempt)
        case .nameSession, .openSession, .closeSession, .claim, .beat, .start, .terminate, .kill,
          .finish:
          feed.yield(effect)
        }
      }
      alarm.set(state.worker.deadline)
    }
  }

  // MARK: Effects

  private func perform(_ effect: WorkerEffect) async {
    switch effect {
    case .nameSession:
      handle(.sessionNamed(ports.context.newID()))
    case .openSession(let session):
      await open(session)
    case .closeSession(let session):
      let request = CloseSessionRequest(session: session.text)
      _ = try? await call(WorkerGatewayMethods.closeSession, request) as CloseSessionResponse
      handle(.sessionClosed(session))
    case .claim(let session, let named, let max):
      await claim(session, named, max)
    case .beat(let beat):
      await send(beat)
    case .start(let attempt):
      await start(attempt)
    case .terminate(let attempt):
      await state.withLock { $0.runs[attempt] }?.stop(.terminate)
    case .kill(let attempt):
      await state.withLock { $0.runs[attempt] }?.stop(.kill)
    case .publish, .forget, .finish:
      break
    }
  }

  private func open(_ session: SessionID) async {
    let configuration = ports.configuration
    let request = OpenSessionRequest(
      session: session.text, worker: configuration.name, pools: configuration.pools.map(\.text),
      slots: Int32(clamping: configuration.limits.slotsMax), labels: configuration.labels,
      containment: configuration.containment)
    do throws(RPCError) {
      let answer: OpenSessionResponse = try await call(WorkerGatewayMethods.openSession, request)
      guard answer.leaseUs > 0, answer.beatEveryUs > 0 else {
        throw RPCError(.internal, "the scheduler granted a session without length")
      }
      let terms = SessionTerms(
        lease: .microseconds(answer.leaseUs), beatEvery: .microseconds(answer.beatEveryUs))
      ports.context.telemetry.log(.info, "session.opened", [("session", session.text)])
      handle(.sessionOpened(session, terms))
    } catch {
      ports.context.telemetry.log(
        .info, "session.not-opened", [("session", session.text), ("error", error.message)])
      handle(.sessionOpenFailed(session))
    }
  }

  private func claim(_ session: SessionID, _ named: [AttemptID], _ max: Int) async {
    let request = ClaimRequest(
      session: session.text, attempts: named.map(\.description), max: Int32(clamping: max))
    do throws(RPCError) {
      let answer: ClaimResponse = try await call(
        WorkerGatewayMethods.claim, request, within: ports.configuration.claimWithin)
      let items = answer.items.compactMap(take)
      handle(.claimAnswered(session, items, isSessionOver: answer.sessionOver))
      // More than was asked for is not taken.
      state.withLock { state in
        for item in items where !state.worker.held.holds(item.attempt) {
          state.forget(item.attempt)
        }
      }
    } catch {
      ports.context.probe.reached("worker.claim-failed")
      handle(.claimFailed(session))
    }
  }

  /// Keeps the order of an attempt that was granted. One that cannot be understood fails when it is
  /// started.
  private func take(_ item: ClaimResponse.Item) -> ClaimedItem? {
    guard let attempt = AttemptID(text: item.attempt) else { return nil }
    switch item.verdict {
    case .yours:
      if let order = item.order.flatMap({ WorkOrder($0) }), order.attempt == attempt {
        state.withLock { state in
          state.orders[attempt] = order
          state.traces[attempt] = order.trace
        }
      }
      return ClaimedItem(attempt, .yours(item.order.map { AttemptLimits($0) } ?? AttemptLimits()))
    case .unknown:
      return ClaimedItem(attempt, .unknown)
    case .gone, .unspecified, .unrecognized:
      return ClaimedItem(attempt, .gone)
    }
  }

  private func send(_ beat: Beat) async {
    do throws(RPCError) {
      let answer: HeartbeatResponse = try await call(
        WorkerGatewayMethods.heartbeat, HeartbeatRequest(beat))
      handle(.beatAnswered(BeatAnswer(answer, to: beat)))
    } catch {
      ports.context.probe.reached("worker.beat-failed")
      handle(.beatFailed(beat.session, number: beat.number))
    }
  }

  private func start(_ attempt: AttemptID) async {
    guard let order = state.withLock({ $0.orders.removeValue(for: attempt) }) else {
      let now = ports.context.time.now()
      let reason = Reason(
        code: "order-unreadable", message: "this worker is too old to understand the task",
        since: now)
      return handle(
        .executionEnded(
          attempt,
          EndedExecution(
            ending: .failed(exitCode: nil, reason: reason), startedAt: now, endedAt: now)))
    }
    let run = AttemptRun(order, ports, budget)
    state.withLock { $0.runs[attempt] = run }
    await CurrentTrace.$context.withValue(order.trace?.execution(of: attempt)) {
      await run.run { event in
        if case .executionEnded(_, let ended) = event { self.tell(of: ended, order) }
        self.handle(event)
      }
    }
    state.withLock { $0.runs[attempt] = nil }
  }

  private func tell(of ended: EndedExecution, _ order: WorkOrder) {
    let (attempt, telemetry) = (order.attempt, ports.context.telemetry)
    let (word, failure) = ended.ending.words
    telemetry.log(
      failure == nil ? .debug : .info, "attempt.ended",
      [
        ("run", attempt.run.text), ("task", "\(attempt.task)"), ("attempt", "\(attempt)"),
        ("result", word), ("reason", failure ?? ""),
      ])
    guard let trace = order.trace else { return }
    telemetry.record(
      TraceSpan(
        "execute \(attempt.task.name)", .consumer, trace.execution(of: attempt), under: trace.span,
        from: ended.startedAt, to: ended.endedAt,
        [
          SpanNames.run: .text(attempt.run.text), SpanNames.task: .text("\(attempt.task)"),
          SpanNames.attempt: .number(Int64(attempt.fence.number)),
          SpanNames.worker: .text(ports.configuration.name), SpanNames.outcome: .text(word),
        ], failure: failure))
  }

  /// Nothing outlives the agent: the trees of processes are ended even when nobody waits for them.
  private func killAll() {
    for run in state.withLock({ $0.runs.values }) {
      ports.context.spawner.spawn("worker.kill") { await run.stop(.kill) }
    }
  }

  private func call<Answer: WireMessage>(
    _ method: String, _ request: some WireMessage, within limit: Duration? = nil
  ) async throws(RPCError) -> Answer {
    let bytes = try await ports.network.call(
      WorkerGatewayMethods.service, method, request.encoded(),
      within: limit ?? ports.configuration.callWithin)
    guard let answer = try? Answer(decoding: bytes) else {
      throw RPCError(.internal, "the scheduler's answer cannot be decoded")
    }
    return answer
  }

  // MARK: Loops

  /// Sends `timeReached` when the machine wants to be woken.
  private func watchTime() async {
    while !Task.isCancelled {
      await alarm.wait(ports.context.time)
      if !Task.isCancelled { handle(.timeReached) }
    }
  }

  private func publishResults() async {
    while !Task.isCancelled {
      let (published, failed) = await results.publishNext()
      if !published.isEmpty { handle(.resultsPublished(published)) }
      if !failed.isEmpty { handle(.resultsNotPublished(failed)) }
    }
  }

  /// Hints are hints: what was read is committed now and then, whatever came of it.
  private func takeHints(of pool: PoolName) async {
    while !Task.isCancelled {
      do throws(BusError) {
        let member = try await ports.bus.join(
          group: "workers.\(pool)", member: ports.configuration.name,
          topics: ["task.scheduled.\(pool)"])
        try await takeHints(from: member)
      } catch {
        guard !Task.isCancelled else { return }
        ports.context.telemetry.log(.info, "hints.retry", [("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
  }

  private func takeHints(from member: any BusMembership) async throws(BusError) {
    let (time, configuration) = (ports.context.time, ports.configuration)
    var read = StoredOffsets(commitEvery: configuration.hintsCommitEvery)
    while !Task.isCancelled {
      if let due = read.due(at: time.uptime()) { try await member.commit(due) }
      let deliveries = try await member.poll(
        recordsMax: configuration.hintsPerPollMax,
        wait: read.wait(at: time.uptime(), most: configuration.pollWait))
      guard !deliveries.isEmpty else { continue }
      let attempts = deliveries.compactMap { delivery in
        (try? TaskScheduled(decoding: delivery.record.value)).flatMap {
          AttemptID(text: $0.attempt)
        }
      }
      handle(.hinted(attempts))
      if ports.context.probe.buggify("hints.not-committed") { continue }
      read.add(deliveries, at: time.uptime())
    }
    await member.leave()
  }
}

extension AttemptEnding {
  /// How an execution ended, and the code of what went wrong with it.
  fileprivate var words: (result: String, failure: String?) {
    switch self {
    case .succeeded: ("succeeded", nil)
    case .failed(_, let reason): ("failed", reason.code)
    case .stopped(let reason): ("stopped", reason.code)
    case .unknown(let reason): ("unknown", reason.code)
    case .notStarted(let reason): ("notStarted", reason.code)
    }
  }
}
