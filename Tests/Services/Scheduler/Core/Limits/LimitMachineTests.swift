import Domain
import TestSupport
import Testing

@testable import SchedulerCore

@Suite struct LimitMachineTests {
  private static let limit = LimitKey(text: "default/build/main")
  private static let now = Moment(microseconds: 1_000_000)

  private static func machine(_ claims: [LimitClaim] = []) throws -> LimitMachine {
    LimitMachine(try #require(limit), claims: claims)
  }

  private static func claim(
    _ number: UInt64, size: Int = 1, _ onLimit: ConcurrencyRule.OnLimit = .queue
  ) -> LimitClaim {
    LimitClaim(.sample(number), size: size, onLimit: onLimit)
  }

  /// One claim brought into a phase by the shortest history; run 1 holds the permit unless it is
  /// the claim itself.
  enum Start: String, CaseIterable {
    case unknown, waiting, holding, superseded, refused, givenBack, early

    func machine() throws -> LimitMachine {
      var machine = try LimitMachineTests.machine()
      func happen(_ events: [LimitMachine.Event]) {
        for event in events { machine.apply(event, at: LimitMachineTests.now) }
        _ = machine.settle(rowsMax: 100, at: LimitMachineTests.now)
      }
      let other = LimitMachine.Event.asked(LimitMachineTests.claim(1))
      switch self {
      case .unknown: happen([other])
      case .waiting: happen([other, .asked(LimitMachineTests.claim(2))])
      case .holding: happen([.asked(LimitMachineTests.claim(2))])
      case .superseded:
        happen([.asked(LimitMachineTests.claim(2))])
        happen([.asked(LimitMachineTests.claim(3, .cancelRunning))])
      case .refused: happen([other, .asked(LimitMachineTests.claim(2, .cancelNew))])
      case .givenBack: happen([.asked(LimitMachineTests.claim(2)), .gaveBack(.sample(2))])
      case .early: happen([.gaveBack(.sample(2))])
      }
      return machine
    }
  }

  enum Happening: String, CaseIterable {
    case asked, gaveBack, timeReached, otherGaveBack

    var event: LimitMachine.Event {
      switch self {
      case .asked: .asked(LimitMachineTests.claim(2))
      case .gaveBack: .gaveBack(.sample(2))
      case .timeReached: .timeReached
      case .otherGaveBack: .gaveBack(.sample(1))
      }
    }
  }

  /// The word of the claim afterwards and what else follows; what is not named changes nothing.
  static let table: [Start: [Happening: String]] = [
    .unknown: [.asked: "waiting: store", .gaveBack: "gone: store", .otherGaveBack: "none: other"],
    .waiting: [.gaveBack: "gone: store", .otherGaveBack: "holding: other store grant"],
    .holding: [
      .asked: "holding: grant", .gaveBack: "gone: store", .timeReached: "holding: store grant",
      .otherGaveBack: "holding: other",
    ],
    .superseded: [
      .asked: "superseded: grant", .gaveBack: "gone: store other other",
      .timeReached: "superseded: store grant supersede", .otherGaveBack: "superseded: other",
    ],
    .refused: [.asked: "gone: refuse", .otherGaveBack: "gone: other"],
    .givenBack: [.otherGaveBack: "gone: other"],
    .early: [.otherGaveBack: "gone: other"],
  ]

  @Test(arguments: Start.allCases, Happening.allCases)
  func `every event in every phase does what the table says`(
    start: Start, happening: Happening
  ) throws {
    var machine = try start.machine()
    let run = RunID.sample(2)
    let before = machine.claim(of: run)
    let later = Self.now + LimitMachine.checkEvery
    // The others' checks are of no interest here.
    let at = happening == .timeReached && start != .waiting && start != .unknown ? later : Self.now
    machine.apply(happening.event, at: at)
    let effects = machine.settle(rowsMax: 100, at: at).map { effect in
      switch effect {
      case .store(run): "store"
      case .grant(run): "grant"
      case .refuse(run, _): "refuse"
      case .supersede(run, by: _): "supersede"
      case .store, .grant, .refuse, .supersede: "other"
      }
    }
    let isOthersCheck = happening == .timeReached && start == .refused
    let word = Self.word(machine.claim(of: run))
    let expected = Self.table[start]?[happening] ?? "\(Self.word(before)):"
    let said = isOthersCheck ? "\(word):" : ([word + ":"] + effects).joined(separator: " ")
    #expect(said == expected)
    #expect(effects.contains("store") == (machine.claim(of: run) != before))
  }

  private static func word(_ claim: LimitClaim?) -> String {
    switch claim?.phase {
    case nil: "none"
    case .waiting: "waiting"
    case .holding(_, nil): "holding"
    case .holding: "superseded"
    case .gone: "gone"
    }
  }

  /// Goal: never too many, never idle while somebody waits, in order, whatever comes twice, early,
  /// or after a new owner has read what was stored.
  /// Method: random histories; runs end when they hold a permit, or give up waiting.
  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func `permits are never exceeded, never left idle, and granted in order`(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let size = 1 + random.below(4)
    var machine = try Self.machine()
    var stored: SortedMap<RunID, LimitClaim> = [:]
    var granted: [RunID] = []
    var next: UInt64 = 1
    var now = Self.now
    var seen: [LimitMachine.Event] = []
    for _ in 0..<150 {
      now = now + .seconds(Int64(random.below(20)))
      var event: LimitMachine.Event
      let isAny = random.below(3) == 0
      let live = stored.filter { isAny ? $0.value.isLive : $0.value.phase.isHolding }.map(\.key)
      switch random.below(10) {
      case 0...3:
        event = .asked(Self.claim(next, size: size))
        next += 1
      case 4...6 where !live.isEmpty: event = .gaveBack(live[random.below(live.count)])
      case 7 where !seen.isEmpty: event = seen[random.below(seen.count)]
      case 8:
        event = .gaveBack(.sample(next))
        seen.append(.asked(Self.claim(next, size: size)))
        next += 1
      default: event = .timeReached
      }
      seen.append(event)
      machine.apply(event, at: now)
      repeat {
        for effect in machine.settle(rowsMax: 1 + random.below(5), at: now) {
          switch effect {
          case .store(let run): stored[run] = machine.claim(of: run)
          case .grant(let run) where !granted.contains(run): granted.append(run)
          case .grant, .refuse, .supersede: continue
          }
        }
      } while machine.hasWork
      let holding = stored.values.filter(\.phase.isHolding)
      let waiting = stored.values.filter { $0.phase == .waiting }
      #expect(holding.count <= size)
      #expect(waiting.isEmpty || holding.count == size)
      #expect(machine.heldCount == holding.count)
      #expect(machine.isIdle == (holding.isEmpty && waiting.isEmpty))
      if random.below(10) == 0 {
        machine = try Self.machine(stored.values.filter(\.isLive))
        for claim in stored.values { machine.learn(claim) }
        _ = machine.settle(rowsMax: 100, at: now)
      } else if random.below(3) == 0 {
        machine.forgetGone()
        for claim in stored.values { machine.learn(claim) }
      }
    }
    #expect(granted == granted.sorted())
    #expect(granted.count > 10)
  }

  /// Goal: of those that asked, the newest go on, and everybody else hears of the one that came.
  @Test(arguments: [1, 3])
  func `the newest runs stay when they say so`(size: Int) throws {
    var machine = try Self.machine()
    var effects: [LimitMachine.Effect] = []
    for number in 1...20 as ClosedRange<UInt64> {
      machine.apply(
        .asked(Self.claim(number, size: size, number == 20 ? .cancelRunning : .queue)),
        at: Self.now)
      repeat { effects += machine.settle(rowsMax: 4, at: Self.now) } while machine.hasWork
    }
    let newest = RunID.sample(20)
    let refused = (UInt64(size + 1)...UInt64(20 - size)).map(RunID.sample)
    for run in refused {
      #expect(effects.contains(.refuse(run, LimitRefusal(.superseded, by: newest))))
    }
    for run in (1...UInt64(size)).map(RunID.sample) {
      #expect(effects.contains(.supersede(run, by: newest)))
    }
    // Those who have a permit keep it until they have ended.
    #expect(machine.heldCount == size)
    for number in 1...UInt64(size) { machine.apply(.gaveBack(.sample(number)), at: Self.now) }
    effects = machine.settle(rowsMax: 100, at: Self.now)
    for run in (UInt64(20 - size + 1)...20).map(RunID.sample) {
      #expect(effects.contains(.grant(run)))
    }
  }

  /// Goal: what asks late although it is older does not push the newer one out.
  @Test func `an older run that asks late is superseded itself`() throws {
    var machine = try Self.machine()
    machine.apply(.asked(Self.claim(2, .cancelRunning)), at: Self.now)
    _ = machine.settle(rowsMax: 100, at: Self.now)
    machine.apply(.asked(Self.claim(1, .cancelRunning)), at: Self.now)
    let effects = machine.settle(rowsMax: 100, at: Self.now)
    #expect(
      effects.contains(.refuse(.sample(1), LimitRefusal(.superseded, by: .sample(2)))))
    #expect(machine.heldCount == 1)
  }

  @Test(arguments: [
    (ConcurrencyRule.OnLimit.cancelNew, LimitRefusal.Kind.taken), (.skip, .skipped),
  ])
  func `a run that shall not wait is refused while the permits are taken, and only then`(
    onLimit: ConcurrencyRule.OnLimit, kind: LimitRefusal.Kind
  ) throws {
    var machine = try Self.machine()
    machine.apply(.asked(Self.claim(1, onLimit)), at: Self.now)
    #expect(machine.settle(rowsMax: 9, at: Self.now).contains(.grant(.sample(1))))
    machine.apply(.asked(Self.claim(2, onLimit)), at: Self.now)
    let refusal = LimitRefusal(kind, by: .sample(1))
    #expect(machine.settle(rowsMax: 9, at: Self.now).contains(.refuse(.sample(2), refusal)))
    machine.apply(.gaveBack(.sample(1)), at: Self.now)
    machine.apply(.asked(Self.claim(3, onLimit)), at: Self.now)
    #expect(machine.settle(rowsMax: 9, at: Self.now).contains(.grant(.sample(3))))
  }
}

extension LimitClaim.Phase {
  fileprivate var isHolding: Bool { if case .holding = self { true } else { false } }
}
