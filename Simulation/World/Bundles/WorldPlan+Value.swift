internal import Domain
internal import SimulationFaults

extension WorldPlan {
  var value: Value {
    var members: SortedMap<String, Value> = [
      "profile": .string(profile),
      "topology": .object([
        "schedulers": .integer(topology.schedulers), "workers": .integer(topology.workers),
        "slotsPerWorker": .integer(topology.slotsPerWorker),
      ]),
      "isBrisk": .boolean(habits == .brisk),
      "workload": .object([
        "workflows": .integer(workload.workflows), "users": .integer(workload.users),
        "runsPerUser": .integer(workload.runsPerUser),
        "restMaxMs": .milliseconds(workload.restMax), "meddles": .boolean(workload.meddles),
      ]),
      "tasks": .object([
        "failsPercent": .integer(tasks.failsPercent),
        "vanishesPercent": .integer(tasks.vanishesPercent),
        "hangsPercent": .integer(tasks.hangsPercent),
        "ignoresPercent": .integer(tasks.ignoresPercent),
        "shortestMs": .milliseconds(tasks.shortest), "longestMs": .milliseconds(tasks.longest),
        "linesMax": .integer(tasks.linesMax),
      ]),
      "lostWorkers": .integer(lostWorkers), "lostSchedulers": .integer(lostSchedulers),
      "buggifyPercent": .integer(buggifyPercent), "chaosMs": .milliseconds(chaosLength),
      "restWithinMs": .milliseconds(restWithin),
      "faults": .array(
        faults.map { event -> Value in
          var members: SortedMap<String, Value> = [
            "fault": .string(event.fault), "atMs": .milliseconds(event.at),
            "lengthMs": .milliseconds(event.length),
            "settings": .object(event.settings.values.mapValues { .integer($0) }),
          ]
          if let anchor = event.after {
            members["after"] = .string(anchor.landmark.rawValue)
            members["nth"] = .integer(anchor.nth)
          }
          return .object(members)
        }),
    ]
    if let user { members["user"] = user.value }
    return .object(members)
  }

  init(_ reader: PlanReader) throws(BundleError) {
    self.init(profile: try reader.text("profile"))
    let size = try reader.object("topology")
    topology = Topology(
      schedulers: try size.integer("schedulers"), workers: try size.integer("workers"),
      slotsPerWorker: try size.integer("slotsPerWorker"))
    habits = try reader.boolean("isBrisk") ? .brisk : .calm
    let work = try reader.object("workload")
    workload.workflows = try work.integer("workflows")
    workload.users = try work.integer("users")
    workload.runsPerUser = try work.integer("runsPerUser")
    workload.restMax = try work.milliseconds("restMaxMs")
    workload.meddles = try work.boolean("meddles")
    let behaviour = try reader.object("tasks")
    tasks.failsPercent = try behaviour.integer("failsPercent")
    tasks.vanishesPercent = try behaviour.integer("vanishesPercent")
    tasks.hangsPercent = try behaviour.integer("hangsPercent")
    tasks.ignoresPercent = try behaviour.integer("ignoresPercent")
    tasks.shortest = try behaviour.milliseconds("shortestMs")
    tasks.longest = try behaviour.milliseconds("longestMs")
    tasks.linesMax = try behaviour.integer("linesMax")
    lostWorkers = try reader.integer("lostWorkers")
    lostSchedulers = try reader.integer("lostSchedulers")
    buggifyPercent = try reader.integer("buggifyPercent")
    chaosLength = try reader.milliseconds("chaosMs")
    restWithin = try reader.milliseconds("restWithinMs")
    if reader.has("user") { user = try UserWorkflow(try reader.object("user")) }
    for item in try reader.list("faults") { faults.append(try FaultEvent(item)) }
    if let reason = impossibility { throw BundleError(reason) }
  }

  /// Why there can be no such world.
  public var impossibility: String? {
    if topology.schedulers < 1 || topology.workers < 1 || topology.slotsPerWorker < 1 {
      return "a world needs a scheduler, and a worker with a slot"
    }
    if !(0..<topology.workers).contains(lostWorkers)
      || !(0..<topology.schedulers).contains(lostSchedulers)
    {
      return "one worker and one scheduler must be left in the end"
    }
    if workload.users < 1 || workload.workflows < 1 {
      return "a world needs a user and a workflow"
    }
    if chaosLength < .zero || restWithin < .zero || tasks.shortest < .zero
      || tasks.longest < tasks.shortest
    {
      return "a length is negative, or the longest task is shorter than the shortest"
    }
    return nil
  }
}

extension FaultEvent {
  init(_ reader: PlanReader) throws(BundleError) {
    let name = try reader.text("fault")
    guard Faults.named(name) != nil else {
      let near = NearestMatch.of(name, among: Faults.all.map { $0.card.name })
      throw BundleError(
        "there is no fault `\(name)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
    }
    var anchor: FaultAnchor?
    if reader.has("after") {
      let word = try reader.text("after")
      guard let landmark = Landmark(rawValue: word) else {
        let near = NearestMatch.of(word, among: Landmark.allCases.map(\.rawValue))
        throw BundleError(
          "there is no landmark `\(word)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
      }
      anchor = FaultAnchor(landmark, nth: try reader.integer("nth"))
    }
    self.init(
      fault: name, after: anchor, at: try reader.milliseconds("atMs"),
      length: try reader.milliseconds("lengthMs"),
      settings: FaultSettings(try reader.integers("settings")))
  }
}

extension UserWorkflow {
  var value: Value {
    .object([
      "document": document, "runs": .integer(runs),
      "hints": .object(
        hints.mapValues { hint in
          .object([
            "effect": .string(hint.effect.rawValue), "failsPercent": .integer(hint.failsPercent),
            "vanishesPercent": .integer(hint.vanishesPercent),
            "hangsPercent": .integer(hint.hangsPercent),
            "shortestMs": .milliseconds(hint.shortest), "longestMs": .milliseconds(hint.longest),
          ])
        }),
    ])
  }

  init(_ reader: PlanReader) throws(BundleError) {
    self.init(try reader.value("document"))
    runs = try reader.integer("runs")
    let all = try reader.object("hints")
    for name in all.names {
      let item = try all.object(name)
      var hint = TaskHint()
      guard let effect = TaskHint.Effect(rawValue: try item.text("effect")) else {
        throw BundleError("the effect of \(name) is none that is known")
      }
      hint.effect = effect
      hint.failsPercent = try item.integer("failsPercent")
      hint.vanishesPercent = try item.integer("vanishesPercent")
      hint.hangsPercent = try item.integer("hangsPercent")
      hint.shortest = try item.milliseconds("shortestMs")
      hint.longest = try item.milliseconds("longestMs")
      hints[name] = hint
    }
    guard definition != nil else { throw BundleError("its `user.document` is no definition") }
  }
}

extension Value {
  fileprivate static func integer(_ number: Int) -> Value { .integer(Int64(number)) }

  fileprivate static func milliseconds(_ length: Duration) -> Value {
    .integer(length.wholeMicroseconds / 1_000)
  }
}
