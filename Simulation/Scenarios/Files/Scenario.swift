public import Domain
public import SimulationFaults

/// A named kind of world, as a file describes it: ranges from which a seed draws one.
public struct Scenario: Hashable, Sendable {
  public var name: String
  /// What it is about, in one or two sentences.
  public var does: String
  /// Faults that strike besides those of the file, as a profile draws them; nil for none.
  public var profile: String?
  /// The one seed that it is about; nil when any will do.
  public var seed: UInt64?
  public var world = WorldRanges()
  public var workload = WorkloadRanges()
  public var tasks = TaskRanges()
  public var faults: [ScenarioFault] = []
  public var expects = Expectations()

  public init(name: String, does: String) {
    self.name = name
    self.does = does
  }

  public struct WorldRanges: Hashable, Sendable {
    public var schedulers = 1...3
    public var workers = 1...4
    public var slotsPerWorker = 1...6
    public var lostWorkers = 0...0
    public var lostSchedulers = 0...0
    public var buggifyPercent = 0...0
    /// Services look as often as in production, not as rarely as they may.
    public var isBrisk = false
    /// How long people use the platform and faults happen.
    public var length: ClosedRange<Duration> = .seconds(60)...(.seconds(180))
    /// How long everything may take to come to its end after that.
    public var restWithin: ClosedRange<Duration> = .seconds(600)...(.seconds(600))

    public init() {}
  }

  public struct WorkloadRanges: Hashable, Sendable {
    public var workflows = 3...8
    public var users = 1...4
    public var runsPerUser = 4...15
    /// The longest rest between two runs that a user starts; nil for one that keeps people busy and
    /// lets the workers keep up.
    public var restMax: ClosedRange<Duration>?

    public init() {}
  }

  public struct TaskRanges: Hashable, Sendable {
    public var failsPercent = 0...24
    public var vanishesPercent = 0...4
    public var hangsPercent = 0...4
    public var ignoresPercent = 10...10
    public var linesMax = 6...6
    public var shortest: ClosedRange<Duration> = .milliseconds(50)...(.milliseconds(50))
    public var longest: ClosedRange<Duration> = .seconds(1)...(.seconds(25))

    public init() {}
  }

  /// What must have happened in at least one of the worlds of a batch.
  public struct Expectations: Hashable, Sendable {
    /// Faults that did something.
    public var struck: [String] = []
    /// Marks and landmarks that were reached.
    public var reached: [String] = []
    /// Invariants that had something to judge.
    public var judged: [String] = []

    public init() {}
  }
}

/// A fault of a scenario, as often as it says.
public struct ScenarioFault: Hashable, Sendable {
  public enum Beginning: Hashable, Sendable {
    /// Since the people began.
    case at(ClosedRange<Duration>)
    /// A length after a landmark was passed so many times.
    case after(Landmark, nth: ClosedRange<Int>, plus: ClosedRange<Duration>)
  }

  public var fault: String
  /// A role or a store that it strikes; nil for any.
  public var on: String?
  /// Which of several processes of the role, from 1; nil for any.
  public var which: Int?
  public var times: ClosedRange<Int>
  public var beginning: Beginning
  public var length: ClosedRange<Duration>
  /// Settings within narrower ranges than the card says.
  public var settings: SortedMap<String, ClosedRange<Int>>

  public init(
    _ fault: String, on: String? = nil, times: ClosedRange<Int> = 1...1, beginning: Beginning,
    length: ClosedRange<Duration> = .seconds(1)...(.seconds(1)),
    settings: SortedMap<String, ClosedRange<Int>> = [:]
  ) {
    self.fault = fault
    self.on = on
    self.times = times
    self.beginning = beginning
    self.length = length
    self.settings = settings
  }
}
