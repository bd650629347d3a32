internal import Domain
internal import SimulationScenarios
internal import SimulationWorld
internal import YAMLAdapter

/// `sim emit`: a failure as a named scenario, or as a test that runs one.
enum EmitVerb {
  static func run(_ words: [String]) throws(Refusal) -> ExitCode {
    let options = try Options(words, known: Subject.options + ["name", "to", "as"])
    let form = options["as"] ?? "scenario"
    guard ["scenario", "swift"].contains(form) else {
      throw Refusal("there is no form `\(form)`", fix: "--as scenario or --as swift")
    }
    let subject = try Subject(options)
    let chronicle = Chronicle()
    let (verdict, bundle) = subject.run(chronicle)
    guard !verdict.isGood else {
      Say.line("everything held: there is nothing to emit")
      return .good
    }
    let name = options["name"] ?? "\(verdict.signature)-\(subject.seed)"
    let path = options["to"] ?? "scenarios/regressions/\(name).yaml"
    if form == "swift" {
      Say.line(test(name, path))
      return .good
    }
    // Words of the platform survive more changes of the code than times do.
    let anchored = ScenarioText(name, bundle, passes: chronicle.passes).text
    let timed = ScenarioText(name, bundle).text
    let text: String
    if try fails(anchored, like: verdict, path) {
      text = anchored
    } else if try fails(timed, like: verdict, path) {
      text = timed
    } else {
      throw Refusal(
        "no scenario fails in the same way: times are kept to the millisecond only",
        fix: "keep the bundle", code: .nondeterministic)
    }
    try Files.write(path, text)
    Say.line(
      "\(path) fails by \(verdict.signature)"
        + (text == anchored ? ", its faults begin after landmarks" : ", its faults begin at times")
        + "\n  sim run --scenario \(path)")
    return .good
  }

  private static func fails(
    _ text: String, like verdict: Verdict, _ path: String
  ) throws(Refusal) -> Bool {
    do throws(Finding) {
      let scenario = try ScenarioReader.read(try LibYAMLScanner().scan(Array(text.utf8)))
      let again = WorldRun(seed: verdict.seed, .draw(scenario, seed: verdict.seed)).run()
      return again.signature == verdict.signature
    } catch {
      throw Refusal("\(path):\(error)", fix: "this is a bug of `sim emit`", code: .crash)
    }
  }

  private static func test(_ name: String, _ path: String) -> String {
    """
    @Test func `\(name)`() throws {
      let scenario = try Scenarios.read("\(path)")
      let seed = try #require(scenario.seed)
      let verdict = WorldRun(seed: seed, .draw(scenario, seed: seed)).run()
      #expect(verdict.isGood, "\\(verdict.message)")
    }
    """
  }
}
