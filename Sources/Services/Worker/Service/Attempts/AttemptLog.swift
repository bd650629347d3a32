internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import Wire

/// The log of one attempt on its way to the bus: lines in their order, numbered without gaps, kept
/// until the bus has acknowledged them.
///
/// One task reads what the execution prints, up to a bound that holds the execution back; another
/// publishes. Neither waits for the other, so that nothing about logs keeps a kill from happening.
final class AttemptLog: Sendable {
  private struct State {
    var pending: [OutputLine] = []
    var pendingBytes = 0
    /// Lines that the bus has.
    var shipped: Int64 = 0
    /// All lines have been read.
    var isRead = false
    /// Nothing is left of the execution: what it printed is read to its end, whatever the bound.
    var isUnbounded = false
    /// The bus has all lines, and that they are all.
    var isShipped = false
  }

  static let topic = "task.logs"
  /// What a line costs beside its bytes.
  private static let lineOverhead = 32
  /// While the reader is held back, the attempt shows that it is not silent this often.
  private static let signEvery = Duration.seconds(1)

  private let attempt: AttemptID
  private let startedAt: Moment
  private let ports: WorkerPorts
  private let budget: LogBudget
  private let state = Mutex(State())
  private let hasLines = Signal()
  private let hasRoom = Signal()
  private let hasShipped = Signal()

  init(_ attempt: AttemptID, startedAt: Moment, _ ports: WorkerPorts, _ budget: LogBudget) {
    self.attempt = attempt
    self.startedAt = startedAt
    self.ports = ports
    self.budget = budget
  }

  /// Lines read so far.
  var lineCount: Int64 { state.withLock { $0.shipped + Int64($0.pending.count) } }

  // MARK: Reading

  /// Reads to the end of the output.
  func read(from execution: any Execution, printed: @Sendable () -> Void) async {
    while true {
      let lines = await execution.nextOutput()
      if lines.isEmpty { break }
      printed()
      add(lines)
      while isFull, !Task.isCancelled {
        // It would print if it could.
        printed()
        await waitForRoom()
      }
    }
  }

  /// Adds a line of the platform's own.
  func note(_ text: String) {
    add([
      OutputLine(stream: .system, bytes: Array(text.utf8), at: ports.context.time.now())
    ])
  }

  /// Says that nothing follows.
  func close() {
    state.withLock { $0.isRead = true }
    hasLines.wake()
  }

  /// Lets the rest of the output in at once.
  func liftBound() {
    state.withLock { $0.isUnbounded = true }
    hasRoom.wake()
  }

  private func add(_ lines: [OutputLine]) {
    let bytes = lines.reduce(0) { $0 + $1.bytes.count + AttemptLog.lineOverhead }
    state.withLock { state in
      state.pending += lines
      state.pendingBytes += bytes
    }
    budget.change(by: bytes)
    hasLines.wake()
  }

  private var isFull: Bool {
    state.withLock { state in
      !state.isUnbounded && state.pendingBytes >= ports.configuration.logBufferBytesMax
    }
  }

  private func waitForRoom() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [time = ports.context.time] in
        try? await time.sleep(for: AttemptLog.signEvery)
      }
      group.addTask { [hasRoom] in await hasRoom.wait() }
      await group.next()
      group.cancelAll()
    }
  }

  // MARK: Publishing

  /// Publishes until the bus has everything; what the task cancels is lost.
  func ship() async {
    while !Task.isCancelled {
      let (part, isLast) = nextPart()
      if part.isEmpty, !isLast {
        await hasLines.wait()
        continue
      }
      guard await publish(part, isLast: isLast) else { break }
      drop(part)
      if isLast { break }
    }
    // What is left when the worker ends counts for nobody any more.
    let left = state.withLock { state in
      defer { state.pendingBytes = 0 }
      state.isShipped = true
      return state.pendingBytes
    }
    budget.change(by: -left)
    hasShipped.wake()
  }

  /// Waits until the bus has everything, but no longer than allowed unless the worker keeps too
  /// many lines already: a bus that takes nothing must not hold a result back.
  func waitUntilShipped(within limit: Duration) async {
    // Most tasks print nothing.
    if lineCount == 0 { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        [time = ports.context.time, budget, retryWait = ports.configuration.retryWait] in
        try? await time.sleep(for: limit)
        while budget.isSpent, !Task.isCancelled { try? await time.sleep(for: retryWait) }
      }
      group.addTask { await self.shipped() }
      await group.next()
      group.cancelAll()
    }
  }

  private func shipped() async {
    while !Task.isCancelled, !state.withLock({ $0.isShipped }) { await hasShipped.wait() }
  }

  /// The lines of the next record, and whether the log ends with them.
  private func nextPart() -> (lines: ArraySlice<OutputLine>, isLast: Bool) {
    let isShort = ports.context.probe.buggify("log.one-line")
    return state.withLock { state in
      var bytes = 0
      var end = 0
      while end < state.pending.count {
        bytes += state.pending[end].bytes.count + AttemptLog.lineOverhead
        if bytes > ports.configuration.logRecordBytesMax || isShort, end > 0 { break }
        end += 1
      }
      return (state.pending[..<end], state.isRead && end == state.pending.count)
    }
  }

  private func drop(_ part: ArraySlice<OutputLine>) {
    let bytes = part.reduce(0) { $0 + $1.bytes.count + AttemptLog.lineOverhead }
    state.withLock { state in
      state.pending.removeFirst(part.count)
      state.pendingBytes -= bytes
      state.shipped += Int64(part.count)
    }
    budget.change(by: -bytes)
    hasRoom.wake()
  }

  /// Publishes until the bus has it; false when the task was cancelled before.
  private func publish(_ lines: ArraySlice<OutputLine>, isLast: Bool) async -> Bool {
    let first = state.withLock { $0.shipped }
    // A log without lines needs no end: the result says that there is none.
    if lines.isEmpty, first == 0 { return true }
    let message = TaskLog(
      attempt: attempt.description, first: first,
      lines: lines.map {
        TaskLog.Line(stream: $0.stream.rawValue, text: $0.bytes, atUs: $0.at.microseconds)
      }, isLast: isLast, startedAtUs: first == 0 ? startedAt.microseconds : nil,
      worker: ports.configuration.name)
    let record = BusRecord(
      topic: AttemptLog.topic, key: attempt.description, value: message.encoded())
    while !Task.isCancelled {
      do throws(BusError) {
        try await ports.bus.publish([record])
        return true
      } catch {
        ports.context.telemetry.log(.info, "log.retry", [("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
    return false
  }
}
