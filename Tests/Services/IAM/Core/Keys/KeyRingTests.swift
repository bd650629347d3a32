import Domain
import IAMCore
import Testing

struct KeyRingTests {
  private static let start = Moment(microseconds: 1_000_000_000_000)
  private static let limits = KeyRing.Limits()

  private static func key(_ number: UInt64, _ phase: KeyRing.Key.Phase) -> KeyRing.Key {
    KeyRing.Key(
      id: KeyID(SortableID(high: number, low: 0)), algorithm: "EdDSA", publicKey: [1], phase: phase)
  }

  private static let made = key(9, .next(publishedAt: .start))

  private static let rings: [(String, [KeyRing.Key])] = [
    ("empty", []), ("current", [key(1, .current(since: start))]),
    ("next", [key(1, .next(publishedAt: start))]),
    ("both", [key(1, .current(since: start)), key(2, .next(publishedAt: start))]),
    ("retired", [key(1, .retired(at: start)), key(2, .current(since: start))]),
  ]

  /// Every ring with every event at its start, and what it wants next.
  @Test(
    arguments: [
      ("empty", [KeyRing.Effect.make], [KeyRing.Effect.make], ["publish", "activate"]),
      ("current", [], [.make], ["publish"]), ("next", [], [], []),
      ("both", [], [], []), ("retired", [], [.make], ["publish"]),
    ] as [(String, [KeyRing.Effect], [KeyRing.Effect], [String])])
  func `every ring answers every event`(
    name: String, time: [KeyRing.Effect], rotation: [KeyRing.Effect], made: [String]
  ) throws {
    let keys = try #require(KeyRingTests.rings.first { $0.0 == name }).1
    func ring() -> KeyRing { KeyRing(keys, limits: KeyRingTests.limits) }
    var one = ring()
    let timed = one.apply(.timeReached, at: KeyRingTests.start)
    #expect(timed == (name == "next" ? [.activate(keys[0].id)] : time))
    var two = ring()
    #expect(two.apply(.rotationAsked, at: KeyRingTests.start) == rotation)
    var three = ring()
    let words = three.apply(.made(KeyRingTests.made), at: KeyRingTests.start).map { effect in
      switch effect {
      case .publish: "publish"
      case .activate: "activate"
      case .make, .drop: "wrong"
      }
    }
    #expect(words == made)
    #expect(three.apply(.made(KeyRingTests.made), at: KeyRingTests.start) == [])
  }

  @Test func `an empty ring wants a key at once, and uses the first one at once`() {
    var ring = KeyRing(limits: KeyRingTests.limits)
    #expect(ring.deadline == .start)
    _ = ring.apply(.made(KeyRingTests.made), at: KeyRingTests.start)
    #expect(ring.current?.id == KeyRingTests.made.id)
  }

  /// M1: the old key is known until nothing that it signed is good any more.
  @Test func `a key is published before it signs and after it has signed`() {
    var ring = KeyRing(
      [KeyRingTests.key(1, .current(since: KeyRingTests.start))], limits: KeyRingTests.limits)
    let asked = KeyRingTests.start + .seconds(100)
    #expect(ring.apply(.rotationAsked, at: asked) == [.make])
    _ = ring.apply(.made(KeyRingTests.made), at: asked)
    #expect(ring.current?.id != KeyRingTests.made.id)
    #expect(ring.deadline == asked + .seconds(600))
    #expect(ring.apply(.timeReached, at: asked + .seconds(599)) == [])
    let taken = asked + .seconds(600)
    #expect(ring.apply(.timeReached, at: taken) == [.activate(KeyRingTests.made.id)])
    #expect(ring.keys.count == 2)
    #expect(ring.apply(.timeReached, at: taken + .seconds(3_599)) == [])
    #expect(ring.apply(.timeReached, at: taken + .seconds(3_600)).count == 1)
    #expect(ring.keys.map(\.id) == [KeyRingTests.made.id])
  }

  /// Whatever happens: once there is a current key there always is exactly one, never more than one
  /// next, and no key signs that was not published long enough.
  @Test(arguments: UInt64(1)...20)
  func `a ring driven by its deadlines always signs`(seed: UInt64) {
    var random = Walk(seed: seed)
    var ring = KeyRing(limits: KeyRingTests.limits)
    var now = KeyRingTests.start
    var published: SortedMap<KeyID, Moment> = [:]
    for step in UInt64(0)..<500 {
      let event: KeyRing.Event = random.below(20) == 0 ? .rotationAsked : .timeReached
      var effects = ring.apply(event, at: now)
      if effects.contains(.make) {
        let id = KeyID(SortableID(high: 100 + step, low: 0))
        effects += ring.apply(
          .made(KeyRing.Key(id: id, algorithm: "EdDSA", publicKey: [])), at: now)
        published[id] = now
      }
      for case .activate(let id) in effects where published.count > 1 {
        let since = published[id].map { now - $0 } ?? .zero
        #expect(since >= KeyRingTests.limits.publishedAhead)
      }
      #expect(ring.current != nil)
      #expect(ring.keys.filter { if case .next = $0.phase { true } else { false } }.count <= 1)
      #expect(ring.keys.count <= 10)
      now = max(
        now + .seconds(Int64(1 + random.below(900))), min(ring.deadline, now + .seconds(86_400)))
    }
  }
}
