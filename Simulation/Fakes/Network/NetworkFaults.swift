public import SimulationKit

/// What a fake network does to what it carries. Chances are drawn for each message.
public struct NetworkFaults: Hashable, Sendable {
  /// Of one message one way.
  public var latency: ClosedRange<Duration> = .zero...(.zero)
  /// A message takes this long instead.
  public var slow = Chance.never
  public var slowLatency: ClosedRange<Duration> = .milliseconds(100)...(.seconds(5))
  /// No connection is made: surely not carried out.
  public var refused = Chance.never
  /// A request is lost on its way: not carried out, which the caller cannot know.
  public var requestLost = Chance.never
  /// The answer is lost: carried out.
  public var answerLost = Chance.never
  /// The caller of what is lost learns it at once; others wait for their deadline.
  public var resetsWhenLost = Chance.percent(50)
  /// A caller is not told that its server died, and waits for its deadline.
  public var halfOpen = Chance.never
  /// Bodies arrive in other pieces than they were written in.
  public var variesPieces = false

  public init() {}

  /// Nothing goes wrong and nothing takes time.
  public static let calm = NetworkFaults()

  /// Nothing is lost, but messages take time and overtake each other.
  public static var slow: NetworkFaults {
    var faults = NetworkFaults()
    faults.latency = .microseconds(50)...(.milliseconds(5))
    faults.variesPieces = true
    return faults
  }

  /// Everything that a real network may do, far more often than a real network does it.
  public static var hostile: NetworkFaults {
    var faults = NetworkFaults.slow
    faults.slow = .percent(2)
    faults.refused = .percent(1)
    faults.requestLost = .percent(2)
    faults.answerLost = .percent(2)
    faults.halfOpen = .percent(30)
    return faults
  }
}

/// Limits of a fake network.
public struct NetworkLimits: Hashable, Sendable {
  /// Of a whole body whose receiver allows no more.
  public var bodyBytesMax = 1 << 20
  /// Written and not yet read: beyond it the writer waits.
  public var bufferedBytesMax = 64 << 10
  /// How long a writer waits for its reader.
  public var stallMax: Duration = .seconds(30)
  /// How long a server that ends waits for what it has begun.
  public var drainMax: Duration = .seconds(30)

  public init() {}
}
