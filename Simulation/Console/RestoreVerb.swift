internal import Domain
internal import SimulationWorld
internal import SystemAdapter

/// `sim restore`: disasters after which every kind of store comes back from another moment.
enum RestoreVerb {
  private static let tellEvery = Duration.seconds(5)

  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    let options = try Options(words, known: ["seeds", "from"])
    let first = try options.seed("from") ?? 1
    let seeds = try options.count("seeds", default: 27, 1...1_000_000)
    var kinds: SortedMap<String, Int> = [:]
    var failed = 0
    var toldAt = ProcessClock.uptime()
    for place in 0..<seeds {
      let seed = first &+ UInt64(place)
      let drill = RestoreDrill(seed: seed)
      let outcome = drill.run()
      for (kind, count) in outcome.counts { kinds[kind, default: 0] += count }
      if let fault = outcome.faults.first {
        failed += 1
        Say.line("✘ seed \(seed), \(drill.moments.words): \(fault)")
      }
      let now = ProcessClock.uptime()
      guard now - toldAt >= tellEvery else { continue }
      toldAt = now
      Say.error("\(place + 1)/\(seeds) disasters, \(failed) failed")
    }
    Say.line(
      "\(seeds) disasters, \(failed) failed; differences that were found and mended or kept:")
    for (kind, count) in kinds { Say.line("  \(count) × \(kind)") }
    return failed == 0 ? .good : .safety
  }
}

extension RestoreDrill.Moments {
  fileprivate var words: String { "records \(records), history \(history), objects \(objects)" }
}
