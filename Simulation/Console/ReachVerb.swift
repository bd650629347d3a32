internal import Domain
internal import SimulationScenarios
internal import SimulationWorld
internal import SystemAdapter

/// `sim reach`: which fault met what, and what no world has reached.
enum ReachVerb {
  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    let options = try Options(words, known: RunVerb.options + ["to"], flags: ["strict"])
    let batch = try RunVerb.worlds(options, seedsUsual: 1_000)
    let report = ReachReport(
      worlds: batch.done, reach: batch.reach, struck: batch.struck, marks: batch.marks)
    Say.line(report.text)
    if let folder = options["to"] {
      try Files.write("\(folder)/reach.txt", report.text + "\n")
      try Files.write("\(folder)/reach.html", report.html)
      Say.error("\(folder)/reach.html")
    }
    guard batch.code == .good else { return batch.code }
    return options.has("strict") && !report.unreached.isEmpty ? .coverage : .good
  }
}
