internal import Domain
internal import Ports
internal import ServiceKit

/// Collects lines into writes of a decent size, and keeps a silent stream alive.
struct LogOutput {
  private let writer: any LogWriter
  private let ports: MetadataPorts
  private var batch: [LogLine] = []
  private var bytes = 0
  private var heardAt: Uptime

  init(_ writer: any LogWriter, _ ports: MetadataPorts) {
    self.writer = writer
    self.ports = ports
    heardAt = ports.context.time.uptime()
  }

  mutating func write(_ attempt: AttemptID, first: Int64, _ lines: [OutputLine]) async throws {
    for (offset, line) in lines.enumerated() {
      batch.append(
        LogLine(
          task: attempt.task, place: LogPlace(attempt.fence, first + Int64(offset)), line: line))
      bytes += line.bytes.count
      if batch.count >= ports.configuration.linesPerPageMax
        || bytes >= ports.configuration.logWriteBytesMax
      {
        try await flush()
      }
    }
  }

  mutating func write(_ gap: LogGap) async throws {
    try await flush()
    try await writer.write(gap)
    heardAt = ports.context.time.uptime()
  }

  mutating func flush() async throws {
    guard !batch.isEmpty else { return }
    try await writer.write(batch)
    batch = []
    bytes = 0
    heardAt = ports.context.time.uptime()
  }

  /// Says that the stream lives when nothing was said for a while.
  mutating func beat() async throws {
    try await flush()
    let now = ports.context.time.uptime()
    guard now - heardAt >= EventWriter.heartbeatEvery else { return }
    try await writer.heartbeat()
    heardAt = now
  }

  mutating func end() async throws {
    try await flush()
    try await writer.end()
  }
}
