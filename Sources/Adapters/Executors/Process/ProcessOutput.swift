internal import CLinux
internal import Domain
internal import Glibc
internal import Ports
internal import Synchronization
internal import SystemAdapter

/// Reads what a process tree prints, when somebody asks for it: what nobody reads fills the pipes
/// and holds the tree up.
final class ProcessOutput: Sendable {
  private enum Turn {
    case lines([OutputLine])
    /// Something came, but no whole line: there may be more at once.
    case part
    case nothingYet
    case over
  }

  private struct State {
    /// The pipes that have not ended.
    var open: [(stream: OutputLine.Stream, pipe: Descriptor)]
    var assembler: OutputAssembler
    var buffer: [UInt8]
  }

  /// How much is read from a pipe at once.
  private static let pieceBytes = 64 << 10

  private let watch: Descriptor
  private let loop: EventLoop
  private let time: any Time
  private let state: Mutex<State>

  init(
    of tree: ProcessTree, _ limits: ExecutionLimits, loop: EventLoop, time: any Time
  ) throws(SystemFailure) {
    let watch = millrace_outputs_watch(tree.output.number, tree.error.number)
    guard watch >= 0 else { throw SystemFailure(-watch, "watching the output") }
    self.watch = Descriptor(watch)
    self.loop = loop
    self.time = time
    state = Mutex(
      State(
        open: [(.out, tree.output), (.error, tree.error)], assembler: OutputAssembler(limits),
        buffer: []))
  }

  /// At least one line; none when all has been read, or the task was cancelled.
  func next() async -> [OutputLine] {
    while true {
      switch turn() {
      case .lines(let lines): return lines
      case .over: return []
      case .part: if Task.isCancelled { return [] }
      case .nothingYet:
        do throws(LoopError) {
          try await loop.readable(watch.number)
        } catch {
          return []
        }
      }
    }
  }

  /// Reads once from each pipe.
  private func turn() -> Turn {
    state.withLock { state in
      guard !state.open.isEmpty else { return .over }
      var lines: [OutputLine] = []
      var hasRead = false
      if state.buffer.isEmpty {
        state.buffer = [UInt8](repeating: 0, count: ProcessOutput.pieceBytes)
      }
      for (stream, pipe) in state.open {
        let count = millrace_output_read(pipe.number, &state.buffer, state.buffer.count)
        if count > 0 {
          hasRead = true
          lines += state.assembler.take(state.buffer.prefix(count), from: stream, at: time.now())
        } else if count != -Int(EAGAIN) {
          hasRead = true
          millrace_outputs_forget(watch.number, pipe.number)
          state.open.removeAll { $0.pipe === pipe }
        }
      }
      if state.open.isEmpty {
        lines += state.assembler.finish(at: time.now())
        state.buffer = []
        return lines.isEmpty ? .over : .lines(lines)
      }
      if !lines.isEmpty { return .lines(lines) }
      return hasRead ? .part : .nothingYet
    }
  }
}
