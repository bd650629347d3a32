public import Domain

/// The keys that sign access tokens. A new one is published before it signs, so that everybody
/// knows it by then, and an old one stays published until nothing that it signed is good any more.
public struct KeyRing: Hashable, Sendable {
  public struct Limits: Hashable, Sendable {
    /// Between publishing a key and its first use: longer than anybody may keep the old list.
    public var publishedAhead: Duration = .seconds(600)
    public var useMax: Duration = .seconds(30 * 24 * 3_600)
    /// After its last use: longer than an access token lives.
    public var keptFor: Duration = .seconds(3_600)

    public init() {}
  }

  /// The public half; the secret one is derived where it is needed.
  public struct Key: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
      /// Published, signs nothing. Becomes `current` when it has been published long enough.
      case next(publishedAt: Moment)
      /// Signs. Becomes `retired` when the next one takes over.
      case current(since: Moment)
      /// Only verifies. Dropped when nothing that it signed is good any more.
      case retired(at: Moment)
    }

    public var id: KeyID
    public var algorithm: String
    public var publicKey: [UInt8]
    public var phase: Phase

    public init(
      id: KeyID, algorithm: String, publicKey: [UInt8], phase: Phase = .next(publishedAt: .start)
    ) {
      self.id = id
      self.algorithm = algorithm
      self.publicKey = publicKey
      self.phase = phase
    }
  }

  public enum Event: Hashable, Sendable {
    case timeReached
    /// Somebody wants another key, soon.
    case rotationAsked
    /// The key that was asked for. Its phase is ours to decide.
    case made(Key)
  }

  public enum Effect: Hashable, Sendable {
    /// A new key is wanted; answer with `made`.
    case make
    case publish(KeyID)
    case activate(KeyID)
    case drop(KeyID)
  }

  public private(set) var keys: [Key]
  public let limits: Limits

  public init(_ keys: [Key] = [], limits: Limits) {
    self.keys = keys
    self.limits = limits
  }

  public var current: Key? {
    keys.first { if case .current = $0.phase { true } else { false } }
  }

  var next: Key? {
    keys.first { if case .next = $0.phase { true } else { false } }
  }

  /// When something is to be done; the start of time when it should have been long ago.
  public var deadline: Moment {
    guard current != nil || next != nil else { return .start }
    let due = keys.map { key in
      switch key.phase {
      case .next(let at): current == nil ? .start : at + limits.publishedAhead
      case .current(let since):
        next == nil ? since + limits.useMax - limits.publishedAhead : .distantFuture
      case .retired(let at): at + limits.keptFor
      }
    }
    return due.min() ?? .start
  }

  public mutating func apply(_ event: Event, at now: Moment) -> [Effect] {
    switch event {
    case .timeReached:
      return takeOver(at: now) + dropOld(at: now) + (isKeyDue(at: now) ? [.make] : [])
    case .rotationAsked:
      return next == nil ? [.make] : []
    case .made(var key):
      guard next == nil, !keys.contains(where: { $0.id == key.id }) else { return [] }
      // The very first key signs at once: nobody can have an old list.
      let isFirst = current == nil
      key.phase = isFirst ? .current(since: now) : .next(publishedAt: now)
      keys.append(key)
      return [.publish(key.id)] + (isFirst ? [.activate(key.id)] : [])
    }
  }

  private func isKeyDue(at now: Moment) -> Bool {
    guard next == nil else { return false }
    guard case .current(let since)? = current?.phase else { return true }
    return now >= since + limits.useMax - limits.publishedAhead
  }

  private mutating func takeOver(at now: Moment) -> [Effect] {
    guard let next, case .next(let publishedAt) = next.phase,
      current == nil || now >= publishedAt + limits.publishedAhead
    else { return [] }
    for index in keys.indices {
      switch keys[index].phase {
      case .next: keys[index].phase = .current(since: now)
      case .current: keys[index].phase = .retired(at: now)
      case .retired: break
      }
    }
    return [.activate(next.id)]
  }

  private mutating func dropOld(at now: Moment) -> [Effect] {
    let old = keys.filter { key in
      if case .retired(let at) = key.phase { now >= at + limits.keptFor } else { false }
    }
    keys.removeAll { key in old.contains { $0.id == key.id } }
    return old.map { .drop($0.id) }
  }
}
