internal import Domain
internal import SimulationKit

/// Makes up workflows of many shapes, as their authors would send them.
struct WorkflowMaker: Sendable {
  let random: WorldRandom

  /// One of them, by a name.
  func workflow(_ name: String) -> Value {
    var members: SortedMap<String, Value> = ["id": .string(name)]
    members["tasks"] = .object(tasks())
    if happens(20) {
      members["finally"] = .object(["tidy": task(needs: [])])
    }
    if happens(25) {
      let words = ["queue", "cancelRunning", "cancelNew", "skip"]
      members["concurrency"] = .object([
        "key": .string(name), "limit": .integer(Int64(1 + random.below(2))),
        "onLimit": .string(words[random.below(words.count)]),
      ])
    }
    if happens(10) { members["timeout"] = .string("\(60 + random.below(240))s") }
    if happens(25) { members["notify"] = notify() }
    if happens(15) { members["priority"] = .string(["low", "high", "urgent"][random.below(3)]) }
    return .object(members)
  }

  /// One of the webhooks that may be named does not exist.
  private func notify() -> Value {
    let words = ["finished", "failed", "recovered"]
    let when = Value.array([.string(words[random.below(words.count)])])
    let webhook = ["ends", "ends", "nowhere"][random.below(3)]
    return .array([
      .object(["when": when, "email": .array([.string("oncall@example.org")])]),
      .object(["when": when, "webhook": .string(webhook)]),
    ])
  }

  private func tasks() -> SortedMap<String, Value> {
    switch random.below(5) {
    case 0: return ["only": task(needs: [])]
    case 1: return chain(2 + random.below(3))
    case 2: return fan(2 + random.below(4))
    case 3: return diamond()
    default: return each(2 + random.below(5))
    }
  }

  private func chain(_ count: Int) -> SortedMap<String, Value> {
    SortedMap(
      (0..<count).map { number in
        ("step-\(number)", task(needs: number > 0 ? ["step-\(number - 1)"] : []))
      })
  }

  private func fan(_ count: Int) -> SortedMap<String, Value> {
    var tasks = SortedMap((0..<count).map { ("part-\($0)", task(needs: [])) })
    tasks["join"] = task(needs: (0..<count).map { "part-\($0)" })
    return tasks
  }

  private func diamond() -> SortedMap<String, Value> {
    [
      "top": task(needs: []), "left": task(needs: ["top"]), "right": task(needs: ["top"]),
      "bottom": task(needs: ["left", "right"], as: happens(50) ? "any" : "success"),
    ]
  }

  private func each(_ count: Int) -> SortedMap<String, Value> {
    let items = Value.array((0..<count).map { .integer(Int64($0)) })
    guard case .object(var members) = task(needs: []) else { return [:] }
    members["forEach"] = items
    if happens(50) { members["maxParallel"] = .integer(Int64(1 + random.below(2))) }
    return ["each": .object(members), "after": task(needs: ["each"], as: "any")]
  }

  private func task(needs: [String], as outcome: String = "success") -> Value {
    var members: SortedMap<String, Value> = ["run": .array([.string("work")])]
    if !needs.isEmpty {
      members["needs"] = .object(SortedMap(needs.map { ($0, .string(outcome)) }))
    }
    if happens(60) {
      members["retry"] = .object([
        "attempts": .integer(Int64(2 + random.below(3))),
        "backoff": .object(["initial": .string("\(1 + random.below(5))s")]),
      ])
    }
    members["timeout"] = .object(["attempt": .string("\(20 + random.below(40))s")])
    return .object(members)
  }

  private func happens(_ percent: Int) -> Bool { random.happens(.percent(percent)) }
}
