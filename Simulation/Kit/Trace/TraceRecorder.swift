internal import Domain
internal import Synchronization

/// What kind of thing happened.
public enum TraceKind: UInt64, Hashable, Sendable {
  /// A task of a process ran until its next suspension.
  case job = 1
  /// A scheduled world event ran.
  case event
  /// A random number was drawn.
  case draw
  /// A process was started, killed, paused or resumed.
  case process
  /// A service logged, counted or measured.
  case telemetry
  /// A fake changed its state or decided about a fault.
  case note
}

/// One entry of a trace, kept only when the settings ask for it.
public struct TraceEntry: Hashable, Sendable, CustomStringConvertible {
  public var kind: TraceKind
  public var first: UInt64
  public var second: UInt64
  /// Virtual time since the start of the world.
  public var at: Duration

  public var description: String {
    "\(at) \(kind) \(String(first, radix: 16)) \(String(second, radix: 16))"
  }
}

/// The trace of a run: its hash, and hashes on the way to find where two runs part.
public struct Trace: Hashable, Sendable {
  /// Entries between two checkpoints.
  public static let checkpointEvery = 1_024

  public internal(set) var hash = TraceHash()
  public internal(set) var count = 0
  public internal(set) var checkpoints: [TraceHash] = []
  public internal(set) var entries: [TraceEntry] = []

  /// The number of the first entry at which two traces surely differ, or the range's begin when
  /// only hashes were kept; nil when the traces are equal.
  public func firstDifference(from other: Trace) -> Int? {
    if hash == other.hash, count == other.count { return nil }
    for (place, pair) in zip(entries, other.entries).enumerated() where pair.0 != pair.1 {
      return place
    }
    for (place, pair) in zip(checkpoints, other.checkpoints).enumerated() where pair.0 != pair.1 {
      return place * Trace.checkpointEvery
    }
    return min(checkpoints.count, other.checkpoints.count) * Trace.checkpointEvery
  }
}

/// Takes the entries of one world.
final class TraceRecorder: Sendable {
  private struct State {
    var trace = Trace()
    var now = Duration.zero
  }

  private let keepsEntries: Bool
  private let state = Mutex(State())

  init(keepsEntries: Bool) {
    self.keepsEntries = keepsEntries
  }

  func record(_ kind: TraceKind, _ first: UInt64, _ second: UInt64) {
    state.withLock { state in
      state.trace.hash.combine(kind.rawValue)
      state.trace.hash.combine(first)
      state.trace.hash.combine(second)
      state.trace.count += 1
      if state.trace.count % Trace.checkpointEvery == 0 {
        state.trace.checkpoints.append(state.trace.hash)
      }
      if keepsEntries {
        state.trace.entries.append(
          TraceEntry(kind: kind, first: first, second: second, at: state.now))
      }
    }
  }

  func record(_ kind: TraceKind, _ text: String, _ second: UInt64) {
    var hash = StableHash()
    hash.combine(text)
    record(kind, hash.value, second)
  }

  func timeMoved(to now: Duration) {
    state.withLock { $0.now = now }
  }

  var trace: Trace { state.withLock { $0.trace } }
}
