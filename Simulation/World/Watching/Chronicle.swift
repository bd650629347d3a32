internal import SimulationOracles
internal import Synchronization

/// What happened in a world, in words, one line each: for people who look into one.
public final class Chronicle: Sendable {
  public struct Entry: Hashable, Sendable, CustomStringConvertible {
    /// Virtual time since the start of the world.
    public var at: Duration
    /// Who did it: a process, a client, `fault`, `judge`.
    public var lane: String
    public var text: String

    public var description: String { "\(at)  \(lane)  \(text)" }
  }

  private struct State {
    var entries: [Entry] = []
    var passes: [LandmarkPass] = []
  }

  private let state = Mutex(State())

  public init() {}

  public var entries: [Entry] { state.withLock { $0.entries } }
  /// In the order in which landmarks were passed.
  public var passes: [LandmarkPass] { state.withLock { $0.passes } }

  public func note(_ at: Duration, _ lane: String, _ text: String) {
    state.withLock { $0.entries.append(Entry(at: at, lane: lane, text: text)) }
  }

  func note(_ pass: LandmarkPass) { state.withLock { $0.passes.append(pass) } }

  /// What a fact comes to in words; most are worth none.
  func note(_ fact: Fact, at moment: Duration) {
    for (lane, text) in FactWords.lines(of: fact) { note(moment, lane, text) }
  }
}
