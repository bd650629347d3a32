internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization
internal import Wire

/// Carries the lines of one attempt to the bus, numbered without gaps, in their order.
///
/// What is being published holds the next pull back, and so the task when it prints faster than the
/// bus takes: nothing piles up here. Lines are kept until the bus has acknowledged them.
final class LogShipper: Sendable {
  private struct State {
    var shipped: Int64 = 0
    var isDone = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  static let topic = "task.logs"

  private let attempt: AttemptID
  private let startedAt: Moment
  private let ports: WorkerPorts
  private let state = Mutex(State())

  init(_ attempt: AttemptID, startedAt: Moment, _ ports: WorkerPorts) {
    self.attempt = attempt
    self.startedAt = startedAt
    self.ports = ports
  }

  /// Lines that are on the bus.
  var lineCount: Int64 { state.withLock { $0.shipped } }

  /// Ships until the output has ended or the task is cancelled.
  func ship(from execution: any Execution, printed: @Sendable () async -> Void) async {
    while !Task.isCancelled {
      let lines = await execution.nextOutput()
      guard !lines.isEmpty else { break }
      await printed()
      for part in parts(of: lines) {
        guard await publish(part) else { return }
      }
    }
    let waiter = state.withLock { state in
      state.isDone = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// Waits for the last lines, but not for ever: a bus that takes nothing must not hold a result
  /// back.
  func finish(within limit: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.done() }
      group.addTask { [time = ports.context.time] in try? await time.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }

  private func done() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          guard !state.isDone, !Task.isCancelled else { return true }
          state.waiter = continuation
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume()
    }
  }

  /// Lines in portions that fit into a record.
  private func parts(of lines: [OutputLine]) -> [ArraySlice<OutputLine>] {
    var parts: [ArraySlice<OutputLine>] = []
    var start = 0
    var bytes = 0
    for (index, line) in lines.enumerated() {
      let size = line.bytes.count + 32
      if bytes + size > ports.configuration.logRecordBytesMax, index > start {
        parts.append(lines[start..<index])
        start = index
        bytes = 0
      }
      bytes += size
    }
    parts.append(lines[start...])
    return parts
  }

  /// Publishes until the bus has it; false when the task was cancelled before.
  private func publish(_ lines: ArraySlice<OutputLine>) async -> Bool {
    let message = TaskLog(
      attempt: attempt.description, first: lineCount,
      lines: lines.map {
        TaskLog.Line(stream: $0.stream.rawValue, text: $0.bytes, atUs: $0.at.microseconds)
      }, startedAtUs: startedAt.microseconds, worker: ports.configuration.name)
    let record = BusRecord(
      topic: LogShipper.topic, key: attempt.description, value: message.encoded())
    while !Task.isCancelled {
      do throws(BusError) {
        try await ports.bus.publish([record])
        state.withLock { $0.shipped += Int64(lines.count) }
        return true
      } catch {
        ports.context.telemetry.log(.info, "log.retry", [("error", "\(error)")])
        try? await ports.context.time.sleep(for: ports.configuration.retryWait)
      }
    }
    return false
  }
}
