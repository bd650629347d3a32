internal import Domain
internal import Synchronization

/// A named random stream of a world. Every draw goes into the trace.
///
/// Get one from `SimulatedWorld.stream(named:)`; the same name is the same stream.
public final class WorldRandom: Sendable {
  public let name: String
  let nameHash: UInt64
  let stream: Mutex<RandomStream>
  private let trace: TraceRecorder

  init(seed: UInt64, name: String, trace: TraceRecorder) {
    self.name = name
    var hash = StableHash()
    hash.combine(name)
    nameHash = hash.value
    stream = Mutex(RandomStream(seed: seed, name: name))
    self.trace = trace
  }

  public func next() -> UInt64 {
    recorded { $0.next() }
  }

  /// A number in `0..<bound`; 0 when `bound` is less than 2.
  public func below(_ bound: Int) -> Int {
    Int(recorded { UInt64($0.below(bound)) })
  }

  public func happens(_ chance: Chance) -> Bool {
    recorded { $0.happens(chance) ? 1 : 0 } == 1
  }

  public func length(in range: ClosedRange<Duration>) -> Duration {
    .microseconds(
      Int64(
        bitPattern: recorded { UInt64(bitPattern: $0.length(in: range).wholeMicroseconds) }))
  }

  public func permuted<Element>(_ elements: [Element]) -> [Element] {
    var elements = elements
    var place = elements.count - 1
    while place > 0 {
      elements.swapAt(place, below(place + 1))
      place -= 1
    }
    return elements
  }

  private func recorded(_ draw: (inout RandomStream) -> UInt64) -> UInt64 {
    let value = stream.withLock { draw(&$0) }
    trace.record(.draw, nameHash, value)
    return value
  }
}
