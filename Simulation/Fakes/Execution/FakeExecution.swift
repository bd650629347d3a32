internal import Domain
internal import Ports
internal import SimulationKit
internal import Synchronization

/// One script under way.
final class FakeExecution: Execution {
  let number: Int
  private let order: WorkOrder
  private let script: ExecutionScript
  private let executor: FakeExecutor
  private let state = Mutex(State())

  private struct State {
    var nextStep = 0
    var unread: [OutputLine] = []
    var printedBytes = 0
    var hasDropped = false
    var isBlocked = false
    var isOver = false
    var result: ExecutionResult?
    var readers: [Reply<[OutputLine]>] = []
    var askers: [Reply<ExecutionResult>] = []
  }

  init(number: Int, order: WorkOrder, script: ExecutionScript, executor: FakeExecutor) {
    self.number = number
    self.order = order
    self.script = script
    self.executor = executor
  }

  private var world: SimulatedWorld { executor.world }

  // MARK: The script

  /// Goes on until the next wait, the end, or output that nobody reads.
  func advance() {
    while true {
      let step: ExecutionScript.Step? = state.withLock { state in
        guard !state.isOver, state.nextStep < script.steps.count else { return nil }
        let step = script.steps[state.nextStep]
        if case .print = step, state.unread.count >= FakeExecutor.unreadLinesMax {
          state.isBlocked = true
          return nil
        }
        state.nextStep += 1
        return step
      }
      switch step {
      case .wait(let length)?:
        world.schedule(after: length) { self.advance() }
        return
      case .print(let stream, let text)?:
        emit(OutputLine(stream: stream, bytes: [UInt8](text.utf8), at: world.now))
      case nil:
        if state.withLock({ !$0.isBlocked && $0.nextStep == script.steps.count }) { end() }
        return
      }
    }
  }

  /// Beyond its limit output is dropped, which one line says.
  private func emit(_ line: OutputLine) {
    let note = OutputLine(
      stream: .system, bytes: [UInt8]("output beyond the limit was dropped".utf8), at: world.now)
    state.withLock { state in
      state.printedBytes += line.bytes.count + 1
      if state.printedBytes <= order.limits.outputBytesMax {
        state.unread.append(line)
      } else if !state.hasDropped {
        state.hasDropped = true
        state.unread.append(note)
      }
    }
    serveReaders()
  }

  private func end() {
    switch script.ending {
    case .ends(let result):
      finish(judged(result))
    case .hangs:
      break
    case .vanishes:
      finish(.unknown(reason("lost", "the executor lost sight of the task")))
    }
  }

  /// Success needs exactly the declared outputs, with values of their types.
  private func judged(_ result: ExecutionResult) -> ExecutionResult {
    guard case .succeeded(let outputs, _) = result else { return result }
    func fault(_ code: String, _ name: String) -> ExecutionResult {
      .failed(exitCode: 0, reason: reason(code, "output '\(name)' is not as it was declared"))
    }
    for name in outputs.keys where order.outputs[name] == nil {
      return fault("output-undeclared", name)
    }
    for (name, type) in order.outputs {
      guard let value = outputs[name] else { return fault("output-missing", name) }
      guard type.accepts(value) else { return fault("output-type", name) }
    }
    return result
  }

  private func finish(_ result: ExecutionResult) {
    let askers: [Reply<ExecutionResult>]? = state.withLock { state in
      guard !state.isOver else { return nil }
      state.isOver = true
      state.result = result
      defer { state.askers = [] }
      return state.askers
    }
    guard let askers else { return }
    executor.ended(number, result, makes: script.makes)
    for asker in askers { asker.send(result) }
    serveReaders()
  }

  /// Its process is dead: it ends, and nobody learns how.
  func die() {
    let wasRunning = state.withLock { state in
      defer { state.isOver = true }
      return !state.isOver
    }
    if wasRunning { executor.ended(number, nil, makes: script.makes) }
  }

  private func reason(_ code: String, _ message: String) -> Reason {
    Reason(code: code, message: message, since: world.now)
  }

  // MARK: The port

  func nextOutput() async -> [OutputLine] {
    await world.exchange("execution.nextOutput") { reply in
      state.withLock { $0.readers.append(reply) }
      serveReaders()
    }
  }

  /// The first reader gets all that waits; at the end all of them learn that nothing follows.
  private func serveReaders() {
    let (readers, lines, wasBlocked) = state.withLock { state in
      guard !state.readers.isEmpty, !state.unread.isEmpty || state.isOver else {
        return ([Reply<[OutputLine]>](), [OutputLine](), false)
      }
      let count = state.unread.isEmpty ? state.readers.count : 1
      let readers = Array(state.readers.prefix(count))
      state.readers.removeFirst(count)
      defer {
        state.unread = []
        state.isBlocked = false
      }
      return (readers, state.unread, state.isBlocked)
    }
    guard !readers.isEmpty else { return }
    for reader in readers { reader.send(lines) }
    if wasBlocked { world.schedule(after: .zero) { self.advance() } }
    serveReaders()
  }

  func stop(_ how: StopSignal) async {
    executor.signalled(number, how)
    switch (how, script.termination) {
    case (.kill, _):
      finish(.stopped(reason("killed", "the task was killed")))
    case (.terminate, .obeys(let delay)):
      world.schedule(after: delay) {
        self.finish(.stopped(self.reason("terminated", "the task was told to stop")))
      }
    case (.terminate, .finishes(let result, let delay)):
      world.schedule(after: delay) { self.finish(result) }
    case (.terminate, .ignores):
      break
    }
  }

  func result() async -> ExecutionResult {
    await world.exchange("execution.result") { reply in
      let known: ExecutionResult? = state.withLock { state in
        if state.result == nil { state.askers.append(reply) }
        return state.result
      }
      if let known { reply.send(known) }
    }
  }
}
