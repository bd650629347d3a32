public import Domain

/// What one run wants of a limit, and what became of it. One row in the store.
public struct LimitClaim: Hashable, Sendable {
  public enum Phase: Hashable, Sendable {
    /// In line. Becomes `holding` in its turn, `gone` when it is refused or the run wants no
    /// permit any more.
    case waiting
    /// Has a permit. The run is told again at `nextCheck`, so that a grant or a return that was
    /// lost blocks nobody for long. Becomes `gone` when the run gives the permit back, and by
    /// nothing else.
    case holding(nextCheck: Moment, supersededBy: RunID?)
    /// Final. Kept until `until`, so that a request which comes again is known.
    case gone(until: Moment, LimitRefusal?)
  }

  public let run: RunID
  public let size: Int
  public let onLimit: ConcurrencyRule.OnLimit
  public var phase: Phase
  /// The version of the stored row; zero while there is none.
  public var stamp: UInt64

  public init(
    _ run: RunID, size: Int, onLimit: ConcurrencyRule.OnLimit, phase: Phase = .waiting,
    stamp: UInt64 = 0
  ) {
    self.run = run
    self.size = size
    self.onLimit = onLimit
    self.phase = phase
    self.stamp = stamp
  }

  public var isLive: Bool {
    switch phase {
    case .waiting, .holding: true
    case .gone: false
    }
  }

  /// When somebody must look at the row, if ever.
  public var due: Moment? {
    switch phase {
    case .waiting: nil
    case .holding(let nextCheck, _): nextCheck
    case .gone(let until, _): until
    }
  }
}

/// Why a run gets no permit.
public struct LimitRefusal: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// `onLimit: cancelNew`: the permits are taken.
    case taken
    /// `onLimit: skip`: the permits are taken, and the run need not be.
    case skipped
    /// `onLimit: cancelRunning` of a run that came later.
    case superseded
  }

  public var kind: Kind
  /// A run that has the permit, or took the place.
  public var by: RunID

  public init(_ kind: Kind, by: RunID) {
    self.kind = kind
    self.by = by
  }
}
