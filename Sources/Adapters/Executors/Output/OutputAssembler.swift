internal import Domain
internal import Ports

/// Turns what a task prints into lines, up to a number of bytes; what comes behind them is counted
/// and dropped, and lines of the system say so.
struct OutputAssembler {
  /// While output is dropped, a line of the system says so at most this often: whoever watches the
  /// task sees that it is not silent.
  static let noticeEvery = Duration.seconds(1)

  private let bytesMax: Int
  private var out: LineSplitter
  private var error: LineSplitter
  private var taken = 0
  private var dropped = 0
  private var noticedAt: Moment?

  init(_ limits: ExecutionLimits) {
    bytesMax = max(limits.outputBytesMax, 0)
    out = LineSplitter(lineBytesMax: limits.outputLineBytesMax)
    error = LineSplitter(lineBytesMax: limits.outputLineBytesMax)
  }

  mutating func take(
    _ bytes: some Collection<UInt8>, from stream: OutputLine.Stream, at now: Moment
  ) -> [OutputLine] {
    let room = min(bytesMax - taken, bytes.count)
    taken += room
    var lines = split(bytes.prefix(room), from: stream, at: now)
    let over = bytes.count - room
    guard over > 0 else { return lines }
    if dropped == 0 { lines += rest(at: now) }
    dropped += over
    if let notice = notice(at: now) { lines.append(notice) }
    return lines
  }

  /// What is left when both streams have ended.
  mutating func finish(at now: Moment) -> [OutputLine] {
    var lines = rest(at: now)
    if dropped > 0 { lines.append(system("\(dropped) bytes of output were dropped", at: now)) }
    return lines
  }

  private mutating func split(
    _ bytes: some Collection<UInt8>, from stream: OutputLine.Stream, at now: Moment
  ) -> [OutputLine] {
    let lines =
      switch stream {
      case .out: out.take(bytes)
      case .error: error.take(bytes)
      case .system: [Array(bytes)]
      }
    return lines.map { OutputLine(stream: stream, bytes: $0, at: now) }
  }

  private mutating func rest(at now: Moment) -> [OutputLine] {
    var lines: [OutputLine] = []
    if let last = out.finish() { lines.append(OutputLine(stream: .out, bytes: last, at: now)) }
    if let last = error.finish() {
      lines.append(OutputLine(stream: .error, bytes: last, at: now))
    }
    return lines
  }

  private mutating func notice(at now: Moment) -> OutputLine? {
    guard let before = noticedAt else {
      noticedAt = now
      return system(
        "output truncated after \(bytesMax) bytes; the task goes on, what it prints is dropped",
        at: now)
    }
    // A clock that was set back must not silence the notices.
    guard now - before >= OutputAssembler.noticeEvery || now < before else { return nil }
    noticedAt = now
    return system("output truncated: \(dropped) bytes dropped so far", at: now)
  }

  private func system(_ text: String, at now: Moment) -> OutputLine {
    OutputLine(stream: .system, bytes: Array(text.utf8), at: now)
  }
}
