/// Something that must never be otherwise, whatever happens.
///
/// It sees facts one after the other, each right after it happened, and keeps what it needs in
/// words of its own: never in those of the services, whose bugs it would share.
public protocol Invariant: Sendable {
  /// Its number in the plan and a name: `S2 one-outcome`.
  static var name: InvariantName { get }
  /// What it promises, in one sentence.
  static var promise: String { get }
  /// All that `see` looks at: it is not called for anything else.
  static var interest: Interest { get }

  init()

  mutating func see(_ fact: Fact, _ judgement: inout Judgement)

  /// Everything has come to rest: what has not happened by now never will.
  mutating func close(_ judgement: inout Judgement)
}

extension Invariant {
  public mutating func see(_ fact: Fact, _ judgement: inout Judgement) {}
  public mutating func close(_ judgement: inout Judgement) {}
}

public struct InvariantName: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// As `S2` in the plan; letters tell several of one number apart.
  public var number: String
  public var words: String

  public init(_ number: String, _ words: String) {
    self.number = number
    self.words = words
  }

  public var description: String { "\(number) \(words)" }
  /// Those that are judged only after everything has healed.
  public var isLiveness: Bool { number.hasPrefix("L") }

  public static func < (left: InvariantName, right: InvariantName) -> Bool {
    (left.number, left.words) < (right.number, right.words)
  }
}

/// What an invariant is told while it looks at a fact, and what it says.
public struct Judgement: Sendable {
  /// Virtual time since the start of the world.
  public let at: Duration
  /// What is wrong, in words.
  private(set) var violations: [String] = []
  /// How often the invariant had something to judge, so that one that never had is noticed.
  private(set) var looks = 0

  init(at moment: Duration) { at = moment }

  /// Says that the invariant is broken.
  public mutating func violated(_ what: @autoclosure () -> String) {
    violations.append(what())
  }

  /// The condition must hold. Each call counts as a look.
  public mutating func require(_ holds: Bool, _ what: @autoclosure () -> String) {
    looks += 1
    if !holds { violated(what()) }
  }
}

public struct Violation: Hashable, Sendable, CustomStringConvertible {
  public var invariant: InvariantName
  /// Virtual time since the start of the world.
  public var at: Duration
  public var what: String

  public var description: String { "\(invariant): \(what)" }
}
