import ArtifactCore
import Domain
import Testing

private let id = ArtifactID(SortableID(high: 1, low: 2))
private let blob = Artifact.Blob(key: "default/none/one")
private let other = Artifact.Blob(key: "default/none/other", upload: "parts")
private let content = Content(size: 3, digest: digest("a"))
private let limits = ArtifactLimits()

private func digest(_ digit: Character) -> ContentDigest {
  guard let digest = ContentDigest(hexadecimal: String(repeating: digit, count: 64)) else {
    preconditionFailure("64 digits are a digest")
  }
  return digest
}

private func place(run: Bool = true) -> ArtifactPlace {
  ArtifactPlace(
    namespace: .default, run: run ? RunID(SortableID(high: 1, low: 1)) : nil, name: "junit")
}

private func pending(
  size: Int64 = 3, digest: ContentDigest? = nil, run: Bool = true
) -> Artifact {
  Artifact(id, place(run: run), .init(size: size, digest: digest), blob, at: .start)
}

private func ready(run: Bool = true) -> Artifact {
  var artifact = pending(run: run)
  _ = artifact.apply(.verified(key: blob.key, content), at: .start)
  return artifact
}

private func removing(deletions: Int) -> Artifact {
  var artifact = ready()
  _ = artifact.apply(.deleteAsked, at: .start)
  if deletions > 0 { _ = artifact.apply(.objectsDeleted(round: 0), at: .start) }
  return artifact
}

struct ArtifactTests {
  @Test func `what was expected and is there becomes ready`() {
    var artifact = pending(digest: digest("a"))
    #expect(artifact.apply(.verified(key: blob.key, content), at: .start) == [])
    #expect(artifact.phase == .ready(content, blob, at: .start, until: nil))
    #expect(artifact.deadline == nil)
  }

  @Test func `another size or digest is refused and changes nothing`() {
    let wrong = Content(size: 3, digest: digest("b"))
    for artifact in [pending(size: 4), pending(digest: digest("c"))] {
      var changed = artifact
      let effects = changed.apply(.verified(key: blob.key, wrong), at: .start)
      guard case .refuse(.wrongContent) = effects.first else {
        Issue.record("\(effects)")
        continue
      }
      #expect(changed == artifact)
    }
  }

  /// Goal: of two uploads of one artifact the later one counts, whatever the order of their ends.
  @Test func `an upload that another has followed cannot make it ready`() {
    var artifact = pending()
    #expect(artifact.apply(.uploadBegun(.init(size: 3), other), at: .start) == [])
    #expect(
      artifact.apply(.verified(key: blob.key, content), at: .start) == [.refuse(.superseded)])
    #expect(artifact.apply(.givenUp(key: blob.key), at: .start) == [])
    #expect(
      artifact.apply(.verified(key: other.key, content), at: .start)
        == [.deleteObjects([blob], round: Artifact.noRound)])
    #expect(artifact.stale == [blob])
  }

  /// Goal: bytes that are lost go the way of those that were kept long enough, and no other one.
  @Test func `content that is lost is removed when somebody next looks, and only if it was there`()
  {
    let now = Moment.start + .seconds(5)
    var artifact = ready()
    #expect(artifact.apply(.contentLost, at: now) == [])
    #expect(artifact.phase == .ready(content, blob, at: .start, until: now))
    #expect(artifact.apply(.contentLost, at: now + .seconds(9)) == [])
    #expect(artifact.deadline == now)
    #expect(artifact.apply(.timeReached, at: now) == [.freePlace])
    for other in [pending(), removing(deletions: 0), removing(deletions: 1)] {
      var changed = other
      #expect(changed.apply(.contentLost, at: now) == [])
      #expect(changed == other)
    }
  }

  @Test func `content that is there is never replaced`() {
    var artifact = ready()
    #expect(artifact.apply(.verified(key: blob.key, content), at: .start) == [])
    #expect(
      artifact.apply(.uploadBegun(.init(size: 9), other), at: .start)
        == [.refuse(.exists(content))])
    #expect(
      artifact.apply(.verified(key: blob.key, Content(size: 3, digest: digest("b"))), at: .start)
        == [.refuse(.exists(content))])
    #expect(artifact == ready())
  }

  @Test func `an upload that nobody finishes is removed`() {
    var artifact = pending()
    let end = Moment.start + limits.pendingFor
    #expect(artifact.deadline == end)
    #expect(artifact.apply(.timeReached, at: end - .microseconds(1)) == [])
    #expect(artifact.apply(.timeReached, at: end) == [.freePlace])
    #expect(artifact.phase == .removing(deletions: 0, again: end))
    #expect(artifact.stale == [blob])
  }

  /// Goal: a write in doubt that is carried out after the first deletion leaves nothing behind.
  @Test func `its objects are deleted, and once more when nothing late can come`() {
    var artifact = removing(deletions: 0)
    #expect(artifact.deadline == .start)
    #expect(artifact.apply(.timeReached, at: .start) == [.deleteObjects([blob], round: 0)])
    #expect(artifact.apply(.objectsDeleted(round: 0), at: .start) == [])
    #expect(artifact.apply(.objectsDeleted(round: 0), at: .start) == [])
    let again = Moment.start + limits.lateWritesWithin
    #expect(artifact.deadline == again)
    #expect(artifact.apply(.timeReached, at: again - .seconds(1)) == [])
    #expect(artifact.apply(.timeReached, at: again) == [.deleteObjects([blob], round: 1)])
    #expect(artifact.apply(.objectsDeleted(round: 1), at: again) == [.forget])
  }

  @Test func `a deletion in doubt is tried again and counts for nothing`() {
    for deletions in 0...1 {
      var artifact = removing(deletions: deletions)
      let now = artifact.deadline ?? .start
      #expect(
        artifact.apply(.timeReached, at: now) == [.deleteObjects([blob], round: deletions)])
      #expect(artifact.apply(.deletionInDoubt, at: now) == [])
      #expect(
        artifact.phase == .removing(deletions: deletions, again: now + limits.deletionRetry))
    }
  }

  @Test func `a file of no run is kept for a while, one of a run as long as the run`() {
    var free = ready(run: false)
    let end = Moment.start + limits.unattachedKeptFor
    #expect(free.deadline == end)
    #expect(free.apply(.timeReached, at: end) == [.freePlace])
    var bound = ready()
    #expect(bound.apply(.timeReached, at: .distantFuture) == [])
    #expect(bound.apply(.runExpired, at: .start) == [.freePlace])
  }

  @Test func `uploads of one artifact are limited`() {
    var artifact = pending()
    for number in 1..<limits.uploadsMax {
      let next = Artifact.Blob(key: "k\(number)")
      #expect(artifact.apply(.uploadBegun(.init(size: 1), next), at: .start) == [])
    }
    #expect(
      artifact.apply(.uploadBegun(.init(size: 1), other), at: .start)
        == [.refuse(.tooManyUploads)])
  }

  @Test func `what is being removed takes nothing and is paid by nobody`() {
    var artifact = removing(deletions: 0)
    #expect(artifact.charge == .init(bytes: 0, artifacts: 0))
    #expect(artifact.apply(.uploadBegun(.init(size: 1), other), at: .start) == [.refuse(.gone)])
    #expect(artifact.apply(.verified(key: blob.key, content), at: .start) == [.refuse(.gone)])
    #expect(artifact.apply(.deleteAsked, at: .start) == [])
    #expect(artifact == removing(deletions: 0))
  }
}

struct ArtifactWalkTests {
  private struct Walk {
    var artifact = pending()
    var now = Moment.start
    var keys = [blob.key]
    var wasReady: Content?
    var isForgotten = false
    var placeFreed = 0

    mutating func step(_ random: inout SeededDraws) {
      now = now + .seconds(Int64(random.below(7_200)))
      let before = artifact
      let event = event(&random)
      let effects = artifact.apply(event, at: now)
      for effect in effects {
        switch effect {
        case .freePlace: placeFreed += 1
        case .forget: isForgotten = true
        case .deleteObjects(let blobs, let round) where round == Artifact.noRound:
          #expect(blobs.map(\.key) == keys.dropLast())
        case .deleteObjects(let blobs, _):
          #expect(blobs.map(\.key).sorted() == keys.sorted(), "all keys that were ever used")
        case .refuse: #expect(artifact == before)
        }
      }
      if case .uploadBegun(_, let blob) = event, effects.isEmpty { keys.append(blob.key) }
      check(before)
    }

    private func check(_ before: Artifact) {
      switch (before.phase, artifact.phase) {
      case (.ready(let one, _, _, _), .ready(let two, _, _, _)): #expect(one == two)
      case (.ready, .pending), (.removing, .pending), (.removing, .ready):
        Issue.record("\(before.phase) became \(artifact.phase)")
      case (.pending, _), (.ready, .removing), (.removing, .removing): break
      }
      #expect(artifact.stale.count <= artifact.limits.uploadsMax)
      if case .ready = artifact.phase {} else { #expect(artifact.deadline != nil) }
    }

    private func event(_ random: inout SeededDraws) -> Artifact.Event {
      let key = keys[random.below(keys.count)]
      let digest = digest(["a", "b"][random.below(2)])
      switch random.below(13) {
      case 0, 1: return .uploadBegun(.init(size: 3), .init(key: "k\(keys.count)"))
      case 2, 3: return .verified(key: key, Content(size: 3, digest: digest))
      case 4: return .verified(key: key, Content(size: 4, digest: digest))
      case 5: return .givenUp(key: key)
      case 6: return random.below(6) == 0 ? .deleteAsked : .timeReached
      case 7: return random.below(6) == 0 ? .runExpired : .timeReached
      case 8: return .objectsDeleted(round: random.below(2))
      case 9: return .deletionInDoubt
      case 10: return random.below(6) == 0 ? .contentLost : .timeReached
      default: return .timeReached
      }
    }
  }

  /// Goal: whatever happens in whatever order, content never changes, nothing comes back, and no
  /// object is forgotten before it was deleted.
  @Test(arguments: UInt64(1)...50)
  func `no order of events breaks an artifact`(seed: UInt64) {
    var random = SeededDraws(seed: seed)
    var walk = Walk()
    for _ in 0..<300 where !walk.isForgotten { walk.step(&random) }
    #expect(walk.placeFreed <= 1)
  }
}

/// A seeded stream of small numbers (SplitMix64).
private struct SeededDraws {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Int(StableHash.mixed(state) % UInt64(bound))
  }
}
