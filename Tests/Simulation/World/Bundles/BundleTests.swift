import Domain
import SimulationFaults
import SimulationScenarios
import SimulationWorld
import Testing

/// What is kept of a failure says all that is needed to see it again.
struct BundleTests {
  private static func sample() throws -> Bundle {
    Bundle(
      seed: .max, plan: .draw(try #require(Profiles.named("swarm")), seed: 11),
      signature: "one-lease", message: "S9a one-lease: what it was", trace: "00ff")
  }

  @Test(arguments: Profiles.all.map(\.name))
  func `a bundle comes back as it was written`(profile: String) throws {
    for seed in 0..<20 as Range<UInt64> {
      var bundle = try Self.sample()
      bundle.plan = .draw(try #require(Profiles.named(profile)), seed: seed)
      #expect(try Bundle(json: Array(bundle.json.utf8)) == bundle)
    }
  }

  @Test func `an own workflow and faults after landmarks come back too`() throws {
    var bundle = try Self.sample()
    var user = UserWorkflow(
      .object([
        "id": .string("own"), "tasks": .object(["one": .object(["run": .array([.string("x")])])]),
      ]))
    user.hints["one"] = try TaskHint.read("one effect=once lasts=1s..3s fails=7").hint
    user.runs = 3
    bundle.plan.user = user
    bundle.plan.faults[0].after = FaultAnchor(.attemptLeased, nth: 4)
    #expect(try Bundle(json: Array(bundle.json.utf8)) == bundle)
  }

  @Test func `a bundle that was cut off is refused, wherever the cut is`() throws {
    let bytes = Array(try Self.sample().json.utf8)
    for length in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: BundleError.self) { try Bundle(json: Array(bytes.prefix(length))) }
    }
  }

  @Test(arguments: [
    ("\"version\":2", "\"version\":1", "version 1"),
    ("\"workers\":", "\"wörkers\":", "plan.topology.workers"),
    ("\"seed\":\"18446744073709551615\"", "\"seed\":\"-1\"", "seed"),
    ("\"users\":", "\"users\":-", "needs a user"),
    ("\"fault\":\"", "\"fault\":\"x", "there is no fault"),
  ])
  func `what is wrong with a bundle is named`(
    old: String, new: String, said: String
  ) throws {
    let text = try Self.sample().json
    let range = try #require(text.firstRange(of: old))
    let broken = text.replacingCharacters(in: range, with: new)
    let error = #expect(throws: BundleError.self) { try Bundle(json: Array(broken.utf8)) }
    #expect(error?.description.contains(said) == true, "\(error as Any)")
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
