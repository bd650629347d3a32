internal import Domain
internal import MetadataCore
internal import Ports

/// The logs of a run's attempts while they are put into one order.
struct RunLogs {
  private struct Log {
    var end: LogEnd
    var tail = LogTail()
  }

  var merge: LogMerge<OutputLine>
  private(set) var isRunOver = false
  private var logs: SortedMap<AttemptID, Log> = [:]
  private var new: [(AttemptID, AttemptLook)] = []
  private let patience: LogPatience
  private let isFollowing: Bool

  init(_ ports: MetadataPorts, isFollowing: Bool) {
    let configuration = ports.configuration
    merge = LogMerge(
      LogMergeLimits(
        bytesHeldMax: configuration.mergedBytesMax, linesHeldMax: configuration.mergedLinesMax,
        linesPerReadMax: configuration.linesPerPageMax,
        linesPerStepMax: configuration.linesPerPageMax))
    patience = ports.patience(isFollowing)
    self.isFollowing = isFollowing
  }

  /// Whether something that is wanted may still come.
  var isOpen: Bool {
    guard !isFollowing else { return !isRunOver || !merge.isOver }
    return merge.dryLogs.contains { logs[$0]?.end != .open }
  }

  /// Takes note of an attempt; one that has printed nothing is passed over.
  mutating func see(_ id: AttemptID, _ attempt: AttemptLook) {
    guard attempt.start != nil, attempt.end != .after(lines: 0) || logs[id] != nil else { return }
    if logs.update(id, { $0.end = attempt.end }) == nil { new.append((id, attempt)) }
  }

  /// Every attempt has been seen.
  mutating func looked(isRunOver: Bool) {
    self.isRunOver = isRunOver
    logs.merge(new.map { ($0.0, Log(end: $0.1.end)) })
    merge.join(new.compactMap { id, attempt in attempt.start.map { (id, $0) } })
    new = []
  }

  /// Takes in what the merge wanted to read.
  mutating func add(_ chunk: LogChunk, at now: Uptime) {
    let position = chunk.first + Int64(chunk.lines.count)
    let step = logs.update(chunk.attempt) { log in
      log.tail.read(to: position, isLast: chunk.isLast, end: log.end, patience, at: now)
    }
    merge.add(
      chunk.lines.map { LogMerge.Entry(at: $0.at, bytes: $0.bytes.count, line: $0) },
      isLast: chunk.isLast || step == .complete)
  }

  /// Gives up logs that have waited too long for their last lines.
  mutating func settle(at now: Uptime) -> [LogGap] {
    var gaps: [LogGap] = []
    for id in merge.dryLogs {
      let step = logs.update(id) { log in
        log.tail.read(to: log.tail.next, isLast: false, end: log.end, patience, at: now)
      }
      switch step {
      case .incomplete(let missing):
        gaps.append(LogGap(attempt: id, missing: missing))
        merge.leave(id)
      case .complete:
        merge.leave(id)
      case .readOn, .wait, nil:
        continue
      }
    }
    return gaps
  }
}
