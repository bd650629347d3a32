internal import Domain
internal import SimulationKit
internal import SimulationOracles
internal import SimulationScenarios
internal import SimulationWorld

/// The one world that a verb is about: a seed of a profile, or a bundle.
struct Subject {
  var seed: UInt64
  var plan: WorldPlan
  /// What became of it when the bundle was made.
  var trace: String?

  static let options = WorldSource.options

  init(_ options: Options) throws(Refusal) {
    guard let word = options.operands.first, options.operands.count == 1 else {
      throw Refusal("one seed or one bundle is needed", fix: "sim replay 42 --profile swarm")
    }
    try self.init(word, options)
  }

  /// - Parameter word: a seed, or the path of a bundle.
  init(_ word: String, _ options: Options) throws(Refusal) {
    if let seed = UInt64(word) {
      let sources = try WorldSource.named(options)
      // The same that `sim run` takes for this seed.
      let source = sources[Int(seed % UInt64(sources.count))]
      self.seed = seed
      plan = source.draw(seed)
      return
    }
    let bytes = try Files.read(word)
    do throws(BundleError) {
      let bundle = try Bundle(json: bytes)
      (seed, plan, trace) = (bundle.seed, bundle.plan, bundle.trace)
    } catch {
      throw Refusal(
        "\(word) is no bundle of this version: \(error)",
        fix: "bundles are what `sim run` writes below sim-failures/", code: .file)
    }
  }

  static func profile(_ name: String) throws(Refusal) -> Profile {
    guard let profile = Profiles.named(name) else {
      let near = NearestMatch.of(name, among: Profiles.all.map(\.name))
      throw Refusal(
        "there is no profile `\(name)`",
        fix: near.map { "did you mean `\($0)`?" } ?? "sim list profiles")
    }
    return profile
  }

  /// Runs it, and the bundle of what became of it.
  func run(_ chronicle: Chronicle? = nil) -> (verdict: Verdict, bundle: Bundle) {
    var world = WorldRun(seed: seed, plan)
    world.chronicle = chronicle
    let verdict = world.run()
    return (verdict, WorldSummary(verdict).bundle(of: plan))
  }
}
