internal import Domain
internal import Ports
internal import Synchronization

/// The body of an answer that goes on while its reader's rights may end: it is cut when they do.
///
/// Rights are looked at again with a piece that is written, at most every `every`. Streams write at
/// least every `EventWriter.heartbeatEvery`, so that both together bound how long a stream outlives
/// what was taken back.
struct GuardedSink: HTTPBodySink {
  static let every: Duration = .seconds(5)

  private let sink: any HTTPBodySink
  private let time: any Time
  private let recheck: @Sendable () async throws(Problem) -> Void
  private let last: LastLook

  init(
    _ sink: any HTTPBodySink, time: any Time,
    recheck: @escaping @Sendable () async throws(Problem) -> Void
  ) {
    self.sink = sink
    self.time = time
    self.recheck = recheck
    last = LastLook(time.uptime())
  }

  func write(_ bytes: [UInt8]) async throws(HTTPError) {
    let now = time.uptime()
    if last.isOlder(than: GuardedSink.every, at: now) {
      do throws(Problem) {
        try await recheck()
      } catch {
        throw .disconnected
      }
      last.set(now)
    }
    try await sink.write(bytes)
  }
}

/// When rights were looked at.
private final class LastLook: Sendable {
  private let at: Mutex<Uptime>

  init(_ at: Uptime) { self.at = Mutex(at) }

  func isOlder(than length: Duration, at now: Uptime) -> Bool {
    at.withLock { now - $0 >= length }
  }

  func set(_ now: Uptime) { at.withLock { $0 = now } }
}
