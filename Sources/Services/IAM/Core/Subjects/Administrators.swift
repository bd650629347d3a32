public import Domain

/// Who administers the installation: nobody at first, then at least one user for ever.
///
/// The root of every change of that role: whoever makes one guards it.
public struct Administrators: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// Nobody has ever been. Becomes `some` with the first one.
    case none
    /// Never becomes empty.
    case some(SortedSet<String>)
  }

  public enum Event: Hashable, Sendable {
    /// The token for the first one was shown.
    case firstAsked(String)
    case joined(String)
    case left(String)
  }

  public enum Refusal: Hashable, Sendable, CaseIterable {
    /// There has been a first one already.
    case notFirst
    /// Nobody would be left.
    case last
    case tooMany
  }

  public enum Effect: Hashable, Sendable {
    case changed
    case refuse(Refusal)
  }

  public static let countMax = 1_000

  public private(set) var phase: Phase

  public init(_ phase: Phase = .none) {
    self.phase = phase
  }

  public mutating func apply(_ event: Event) -> [Effect] {
    switch (phase, event) {
    case (.none, .firstAsked(let id)), (.none, .joined(let id)):
      phase = .some([id])
      return [.changed]
    case (.none, .left):
      return []
    case (.some, .firstAsked):
      return [.refuse(.notFirst)]
    case (.some(var members), .joined(let id)):
      guard !members.contains(id) else { return [] }
      guard members.count < Administrators.countMax else { return [.refuse(.tooMany)] }
      members.insert(id)
      phase = .some(members)
      return [.changed]
    case (.some(var members), .left(let id)):
      guard members.contains(id) else { return [] }
      guard members.count > 1 else { return [.refuse(.last)] }
      members.remove(id)
      phase = .some(members)
      return [.changed]
    }
  }
}
