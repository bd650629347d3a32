internal import Domain
public import Ports
public import SimulationKit
internal import Synchronization

/// An object store in the memory of the world, shared by all of its processes, that outlives them.
///
/// Keeps the contract of `ObjectStore` and refuses what any backend would refuse. What the contract
/// leaves open it does in the nastiest way that its faults allow: before the effect, after it and
/// before the answer, or after the answer.
public final class FakeObjectStore: ObjectStore {
  let world: SimulatedWorld
  let state: Mutex<State>
  let latency: WorldRandom
  let chance: WorldRandom
  let names: WorldRandom

  struct State {
    var content: ObjectContent
    var faults: ObjectStoreFaults
    var writes = 0
    var looks = 0
    var bodies = 0
  }

  /// - Parameter name: names the random streams; needed when a world has several stores.
  public init(
    _ world: SimulatedWorld, digest: any Digest = FakeDigest(), faults: ObjectStoreFaults = .calm,
    name: String = "objects"
  ) {
    self.world = world
    latency = world.stream(named: "\(name) latency")
    chance = world.stream(named: "\(name) faults")
    names = world.stream(named: "\(name) names")
    state = Mutex(State(content: ObjectContent(digest: digest), faults: faults))
    world.onForget { [weak self] in
      self?.state.withLock { $0.content = ObjectContent(digest: digest) }
    }
  }

  // MARK: For tests and oracles, without delay or faults

  public var faults: ObjectStoreFaults {
    get { state.withLock { $0.faults } }
    set { state.withLock { $0.faults = newValue } }
  }

  /// The keys of all objects, sorted.
  public var keys: [String] { state.withLock { $0.content.objects.keys } }

  /// The bytes of an object as they are stored, damage included.
  public func content(of key: String) -> [UInt8]? {
    state.withLock { $0.content.objects[key]?.bytes }
  }

  /// Uploads that were neither completed nor aborted.
  public var openUploads: [String] {
    state.withLock { state in
      state.content.uploads.filter { $0.value.completed == nil }.map(\.key)
    }
  }

  /// How many writes took effect.
  public var writeCount: Int { state.withLock { $0.writes } }

  /// How often somebody has looked at an object.
  public var lookCount: Int { state.withLock { $0.looks } }

  /// How often somebody has read bytes.
  public var readCount: Int { state.withLock { $0.bodies } }

  /// Changes one byte of an object, as a failing disk would; false when there is none to change.
  @discardableResult
  public func damage(_ key: String, at offset: Int = 0) -> Bool {
    state.withLock { state in
      guard let stored = state.content.objects[key], stored.bytes.indices.contains(offset) else {
        return false
      }
      state.content.objects[key]?.bytes[offset] ^= 0x40
      return true
    }
  }

  /// Loses an object, as an operator or a failing disk would.
  public func lose(_ key: String) {
    state.withLock { _ = $0.content.objects.removeValue(for: key) }
  }
}
