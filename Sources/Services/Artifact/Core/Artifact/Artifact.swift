public import Domain

/// One file that is kept, from its first name to the last trace of its bytes.
///
/// Bytes are in an object store that may forget an answer and carry a write out late. Each upload
/// writes to a key of its own, so that nothing late changes what was verified; all keys that were
/// ever used are deleted with the artifact, twice.
public struct Artifact: Hashable, Sendable {
  /// A key of the object store.
  public struct Blob: Hashable, Sendable {
    public var key: String
    /// The store's upload in parts that makes it; empty when it is put whole.
    public var upload: String

    public init(key: String, upload: String = "") {
      self.key = key
      self.upload = upload
    }
  }

  /// What an upload says it will bring.
  public struct Expectation: Hashable, Sendable {
    public var size: Int64
    /// Nil when only the end of the upload tells.
    public var digest: ContentDigest?

    public init(size: Int64, digest: ContentDigest? = nil) {
      self.size = size
      self.digest = digest
    }

    func isMet(by content: Content) -> Bool {
      size == content.size && (digest == nil || digest == content.digest)
    }
  }

  public enum Phase: Hashable, Sendable {
    /// Named and paid for. Becomes `ready` when the store holds what was expected, `removing` when
    /// it is given up, deleted, or nothing came until then.
    case pending(Expectation, Blob, until: Moment)
    /// The store holds these bytes. Becomes `removing` when it is deleted or its time is over; nil
    /// means that its run decides.
    case ready(Content, Blob, at: Moment, until: Moment?)
    /// There for nobody any more. Its objects are deleted `again`, until they surely were and
    /// nothing late can bring them back; then it is forgotten.
    case removing(deletions: Int, again: Moment)
  }

  public enum Refusal: Hashable, Sendable {
    /// It is there, with this content; content never changes.
    case exists(Content)
    /// Another upload has begun since.
    case superseded
    /// Not what was expected.
    case wrongContent(Expectation)
    case tooManyUploads
    case gone
  }

  public let id: ArtifactID
  public let place: ArtifactPlace
  public private(set) var phase: Phase
  /// Objects of earlier uploads, and all of them once it is being removed.
  public private(set) var stale: [Blob]
  public let limits: ArtifactLimits

  /// A new artifact: named and paid for, waiting for its content.
  public init(
    _ id: ArtifactID, _ place: ArtifactPlace, _ expectation: Expectation, _ blob: Blob,
    at now: Moment, limits: ArtifactLimits = ArtifactLimits()
  ) {
    self.init(
      id, place, phase: .pending(expectation, blob, until: now + limits.pendingFor),
      limits: limits)
  }

  /// As it was stored.
  public init(
    _ id: ArtifactID, _ place: ArtifactPlace, phase: Phase, stale: [Blob] = [],
    limits: ArtifactLimits = ArtifactLimits()
  ) {
    self.id = id
    self.place = place
    self.phase = phase
    self.stale = stale
    self.limits = limits
  }

  /// What its namespace pays for it. A new artifact is paid for with its first row.
  public var charge: Charge {
    switch phase {
    case .pending(let expectation, _, _): Charge(bytes: expectation.size, artifacts: 1)
    case .ready(let content, _, _, _): Charge(bytes: content.size, artifacts: 1)
    case .removing: Charge(bytes: 0, artifacts: 0)
    }
  }

  /// Of a deletion whose outcome nobody waits for.
  public static let noRound = -1

  /// When it wants to be woken. Timers are never stored, only derived.
  public var deadline: Moment? {
    switch phase {
    case .pending(_, _, let until): until
    case .ready(_, _, _, let until): until
    case .removing(_, let again): again
    }
  }

  /// The largest integer is never a size: sizes are judged before.
  public struct Charge: Hashable, Sendable {
    public var bytes: Int64
    public var artifacts: Int64

    public init(bytes: Int64, artifacts: Int64) {
      self.bytes = bytes
      self.artifacts = artifacts
    }

    public static func - (one: Charge, other: Charge) -> Charge {
      Charge(bytes: one.bytes - other.bytes, artifacts: one.artifacts - other.artifacts)
    }
  }

  public mutating func apply(_ event: Event, at now: Moment) -> [Effect] {
    switch phase {
    case .pending(let expectation, let blob, let until):
      applyPending(event, (expectation, blob, until), at: now)
    case .ready(let content, let blob, let since, let until):
      applyReady(event, (content, blob, since, until), at: now)
    case .removing(let deletions, let again):
      applyRemoving(event, (deletions, again), at: now)
    }
  }

  private mutating func applyPending(
    _ event: Event, _ state: (expectation: Expectation, blob: Blob, until: Moment),
    at now: Moment
  ) -> [Effect] {
    switch event {
    case .uploadBegun(_, let blob) where blob == state.blob:
      return []
    case .uploadBegun(let expectation, let blob):
      guard stale.count + 1 < limits.uploadsMax else { return [.refuse(.tooManyUploads)] }
      stale.append(state.blob)
      phase = .pending(expectation, blob, until: now + limits.pendingFor)
      return []
    case .verified(let key, let content):
      guard key == state.blob.key else { return [.refuse(.superseded)] }
      guard state.expectation.isMet(by: content) else {
        return [.refuse(.wrongContent(state.expectation))]
      }
      phase = .ready(
        content, state.blob, at: now,
        until: place.run == nil ? now + limits.unattachedKeptFor : nil)
      // What is lost of this is deleted with the artifact.
      return stale.isEmpty ? [] : [.deleteObjects(stale, round: Artifact.noRound)]
    case .givenUp(let key):
      return key == state.blob.key ? remove(state.blob, at: now) : []
    case .deleteAsked, .runExpired:
      return remove(state.blob, at: now)
    case .timeReached:
      return now >= state.until ? remove(state.blob, at: now) : []
    case .contentLost, .objectsDeleted, .deletionInDoubt:
      return []
    }
  }

  private mutating func applyReady(
    _ event: Event, _ state: (content: Content, blob: Blob, since: Moment, until: Moment?),
    at now: Moment
  ) -> [Effect] {
    switch event {
    case .verified(let key, let content) where key == state.blob.key && content == state.content:
      return []
    case .uploadBegun, .verified:
      return [.refuse(.exists(state.content))]
    case .deleteAsked, .runExpired:
      return remove(state.blob, at: now)
    case .contentLost:
      // Whoever wakes artifacts whose time is over removes it.
      phase = .ready(
        state.content, state.blob, at: state.since, until: min(state.until ?? now, now))
      return []
    case .timeReached:
      guard let until = state.until, now >= until else { return [] }
      return remove(state.blob, at: now)
    case .givenUp, .objectsDeleted, .deletionInDoubt:
      return []
    }
  }

  private mutating func applyRemoving(
    _ event: Event, _ state: (deletions: Int, again: Moment), at now: Moment
  ) -> [Effect] {
    switch event {
    case .uploadBegun, .verified:
      return [.refuse(.gone)]
    case .timeReached:
      guard now >= state.again else { return [] }
      phase = .removing(deletions: state.deletions, again: now + limits.deletionRetry)
      return [.deleteObjects(stale, round: state.deletions)]
    case .objectsDeleted(let round):
      guard round == state.deletions else { return [] }
      guard state.deletions == 0 else { return [.forget] }
      phase = .removing(deletions: 1, again: now + limits.lateWritesWithin)
      return []
    case .deletionInDoubt:
      phase = .removing(deletions: state.deletions, again: now + limits.deletionRetry)
      return []
    case .givenUp, .deleteAsked, .runExpired, .contentLost:
      return []
    }
  }

  private mutating func remove(_ blob: Blob, at now: Moment) -> [Effect] {
    stale.append(blob)
    phase = .removing(deletions: 0, again: now)
    return [.freePlace]
  }
}
