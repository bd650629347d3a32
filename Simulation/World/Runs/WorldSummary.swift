public import Domain
internal import SimulationFaults
internal import SimulationKit
internal import SimulationOracles

/// What a batch keeps of a world: small enough to be sent from one process to another.
public struct WorldSummary: Hashable, Sendable {
  public var seed: UInt64
  public var signature: String
  public var message: String
  public var trace: String
  /// Virtual time that passed.
  public var length: Duration = .zero
  public var attempts = 0
  public var struck: SortedMap<String, Int> = [:]
  public var marks: SortedMap<String, Int> = [:]
  /// How often invariants had something to judge, by their words.
  public var judged: SortedMap<String, Int> = [:]
  public var reach = Reach()
  public var study: Study?

  public var isGood: Bool { signature == "good" }

  public init(_ verdict: Verdict) {
    seed = verdict.seed
    signature = verdict.signature
    message = verdict.message
    trace = verdict.trace.description
    length = verdict.length
    attempts = verdict.attempts
    struck = verdict.struck
    marks = verdict.marks
    judged = SortedMap(verdict.looks.map { ($0.key.words, $0.value) })
    reach = verdict.reach
    study = verdict.study
  }

  /// Of a world whose process died.
  public init(crashed seed: UInt64, _ message: String) {
    self.seed = seed
    signature = "crash"
    self.message = message
    trace = ""
  }

  /// One line of JSON.
  public var json: String {
    var members: SortedMap<String, Value> = [
      "seed": .string(String(seed)), "signature": .string(signature), "message": .string(message),
      "trace": .string(trace), "lengthUs": .integer(length.wholeMicroseconds),
      "attempts": .integer(Int64(attempts)), "struck": .counts(struck), "marks": .counts(marks),
      "judged": .counts(judged),
      "reach": .object(
        reach.counts.mapValues { phases in
          .object(SortedMap(phases.map { ($0.key.rawValue, .integer(Int64($0.value))) }))
        }),
    ]
    if let study { members["study"] = study.value }
    return Value.object(members).json
  }

  public init(json bytes: [UInt8]) throws(BundleError) {
    guard let value = try? Value(json: bytes, limits: .normalForm) else {
      throw BundleError("a line of a child process is no JSON")
    }
    let reader = PlanReader(value)
    guard let seed = UInt64(try reader.text("seed")) else {
      throw BundleError("`seed` is no whole number")
    }
    self.seed = seed
    signature = try reader.text("signature")
    message = try reader.text("message")
    trace = try reader.text("trace")
    length = .microseconds(Int64(try reader.integer("lengthUs")))
    attempts = try reader.integer("attempts")
    struck = try reader.integers("struck")
    marks = try reader.integers("marks")
    judged = try reader.integers("judged")
    let faults = try reader.object("reach")
    for fault in faults.names {
      for (word, count) in try faults.integers(fault) {
        if let phase = WorkPhase(rawValue: word) { reach.add(count, fault, phase) }
      }
    }
    if reader.has("study") { study = try Study(try reader.object("study")) }
  }

  public func bundle(of plan: WorldPlan) -> Bundle {
    Bundle(seed: seed, plan: plan, signature: signature, message: message, trace: trace)
  }
}

extension Study {
  var value: Value {
    .object([
      "tasks": .object(
        tasks.mapValues { count in
          .counts([
            "tasks": count.tasks, "attempts": count.attempts, "twice": count.twice,
            "lost": count.lost,
          ])
        }),
      "outcomes": .counts(outcomes), "lengths": .array(lengths.map { .integer($0) }),
    ])
  }

  init(_ reader: PlanReader) throws(BundleError) {
    let all = try reader.object("tasks")
    for name in all.names {
      let counts = try all.object(name)
      tasks[name] = TaskCount(
        tasks: try counts.integer("tasks"), attempts: try counts.integer("attempts"),
        twice: try counts.integer("twice"), lost: try counts.integer("lost"))
    }
    outcomes = try reader.integers("outcomes")
    if case .array(let items) = try reader.value("lengths") {
      lengths = items.compactMap { if case .integer(let number) = $0 { number } else { nil } }
    }
  }
}

extension Value {
  fileprivate static func counts(_ counts: SortedMap<String, Int>) -> Value {
    .object(counts.mapValues { .integer(Int64($0)) })
  }
}
