internal import Domain
internal import Ports
internal import Synchronization

/// Lines on their way from work inside this process to one reader, with a bound.
final class LineQueue: Sendable {
  private struct State {
    var assembler: OutputAssembler
    var lines: [OutputLine] = []
    var isClosed = false
    /// Set when the work was told to stop: it must not hang on a reader then.
    var isUnbounded = false
    var reader: CheckedContinuation<Void, Never>?
    var writers: [CheckedContinuation<Void, Never>] = []

    mutating func wake() -> [CheckedContinuation<Void, Never>] {
      defer {
        reader = nil
        writers = []
      }
      return (reader.map { [$0] } ?? []) + writers
    }
  }

  static let linesMax = 256
  private let state: Mutex<State>

  init(_ limits: ExecutionLimits) {
    state = Mutex(State(assembler: OutputAssembler(limits)))
  }

  /// Adds a text, line by line. Returns when there is room for more.
  func append(_ text: String, to stream: OutputLine.Stream, at now: Moment) async {
    let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      guard !state.isClosed else { return [] }
      let bytes = Array(text.utf8) + (stream == .system ? [] : [UInt8(ascii: "\n")])
      state.lines += state.assembler.take(bytes, from: stream, at: now)
      return state.wake()
    }
    for continuation in woken { continuation.resume() }
    await withCheckedContinuation { continuation in
      let mustWait = state.withLock { state -> Bool in
        let isFull = state.lines.count >= LineQueue.linesMax
        guard isFull, !state.isUnbounded, !state.isClosed else { return false }
        state.writers.append(continuation)
        return true
      }
      if !mustWait { continuation.resume() }
    }
  }

  func close(at now: Moment) {
    let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      guard !state.isClosed else { return [] }
      state.lines += state.assembler.finish(at: now)
      state.isClosed = true
      return state.wake()
    }
    for continuation in woken { continuation.resume() }
  }

  func liftBound() {
    let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.isUnbounded = true
      return state.wake()
    }
    for continuation in woken { continuation.resume() }
  }

  /// At least one line, or none when the queue is closed and empty, or the task was cancelled.
  func next() async -> [OutputLine] {
    while true {
      let taken = state.withLock {
        state -> (lines: [OutputLine], isOver: Bool, woken: [CheckedContinuation<Void, Never>]) in
        defer { state.lines = [] }
        return (state.lines, state.isClosed, state.wake())
      }
      for continuation in taken.woken { continuation.resume() }
      if !taken.lines.isEmpty || taken.isOver || Task.isCancelled { return taken.lines }
      await waitForLines()
    }
  }

  private func waitForLines() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mustWait = state.withLock { state -> Bool in
          guard state.lines.isEmpty, !state.isClosed, !Task.isCancelled else { return false }
          state.reader = continuation
          return true
        }
        if !mustWait { continuation.resume() }
      }
    } onCancel: {
      let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
        defer { state.reader = nil }
        return state.reader
      }
      reader?.resume()
    }
  }
}
