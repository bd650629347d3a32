internal import Domain
internal import Ports
internal import Synchronization
internal import WorkerCore

/// An execution that tells no secrets: neither what it prints nor what it comes to.
///
/// Bytes that may be the beginning of a secret are kept until the next line says more, so that
/// neither the edges of what was read nor the breaks of lines hide one.
final class MaskedExecution: Execution {
  private struct Streams {
    var out: LineMask
    var error: LineMask
  }

  private let execution: any Execution
  private let masker: SecretMasker
  private let streams: Mutex<Streams>

  /// - Parameter lineBytesMax: of the order; longer lines come in parts.
  init(_ execution: any Execution, _ masker: SecretMasker, lineBytesMax: Int) {
    self.execution = execution
    self.masker = masker
    streams = Mutex(
      Streams(
        out: LineMask(masker, lineBytesMax: lineBytesMax),
        error: LineMask(masker, lineBytesMax: lineBytesMax)))
  }

  func nextOutput() async -> [OutputLine] {
    while true {
      let lines = await execution.nextOutput()
      let told = streams.withLock { streams -> [OutputLine] in
        if lines.isEmpty { return streams.out.finish() + streams.error.finish() }
        return lines.flatMap { line -> [OutputLine] in
          switch line.stream {
          case .out: streams.out.take(line)
          case .error: streams.error.take(line)
          case .system: [line.masked(masker)]
          }
        }
      }
      // Nothing but kept bytes is no end.
      if !told.isEmpty || lines.isEmpty { return told }
    }
  }

  func stop(_ how: StopSignal) async { await execution.stop(how) }

  func result() async -> ExecutionResult { await execution.result().masked(masker) }

  func usage() async -> ResourceUsage? { await execution.usage() }
}

/// Masks the lines of one stream.
private struct LineMask {
  private var stream: MaskedStream
  private let lineBytesMax: Int
  /// The last line, as far as it was told, when something of it may still be kept.
  private var rest: [UInt8] = []
  private var last: OutputLine?

  init(_ masker: SecretMasker, lineBytesMax: Int) {
    stream = MaskedStream(masker)
    self.lineBytesMax = lineBytesMax
  }

  mutating func take(_ line: OutputLine) -> [OutputLine] {
    last = line
    let mark = OutputLine.continuationMark
    // A cut that spares a character takes up to three bytes less.
    let isPart =
      line.bytes.count > lineBytesMax - 4 && line.bytes.suffix(mark.count).elementsEqual(mark)
    rest += stream.take(isPart ? line.bytes.dropLast(mark.count) : line.bytes + [0x0a])
    var lines: [OutputLine] = []
    while let end = rest.firstIndex(of: 0x0a) {
      lines.append(OutputLine(stream: line.stream, bytes: Array(rest[..<end]), at: line.at))
      rest.removeFirst(end + 1)
    }
    if isPart, !rest.isEmpty {
      lines.append(OutputLine(stream: line.stream, bytes: rest + mark, at: line.at))
      rest = []
    }
    return lines
  }

  mutating func finish() -> [OutputLine] {
    rest += stream.finish()
    guard let last, !rest.isEmpty else { return [] }
    // The break behind the last line is ours.
    if rest.last == 0x0a { rest.removeLast() }
    let lines = rest.split(separator: 0x0a, omittingEmptySubsequences: false)
    rest = []
    return lines.map { OutputLine(stream: last.stream, bytes: Array($0), at: last.at) }
  }
}

extension OutputLine {
  fileprivate func masked(_ masker: SecretMasker) -> OutputLine {
    var stream = MaskedStream(masker)
    return OutputLine(
      stream: self.stream, bytes: stream.take(bytes) + stream.finish(), at: at)
  }
}

extension ExecutionResult {
  func masked(_ masker: SecretMasker) -> ExecutionResult {
    switch self {
    case .succeeded(let outputs, let exitCode):
      .succeeded(outputs: outputs.mapValues { masker.masked($0) }, exitCode: exitCode)
    case .failed(let exitCode, let reason):
      .failed(exitCode: exitCode, reason: reason.masked(masker))
    case .stopped(let reason): .stopped(reason.masked(masker))
    case .unknown(let reason): .unknown(reason.masked(masker))
    }
  }
}

extension Reason {
  func masked(_ masker: SecretMasker) -> Reason {
    var reason = self
    reason.message = masker.masked(message)
    return reason
  }
}
