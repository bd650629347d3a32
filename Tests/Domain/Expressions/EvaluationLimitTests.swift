import Domain
import Testing

@Suite struct EvaluationLimitTests {
  private func answer(_ source: String, fuel: Int) -> String {
    ExpressionScene.answer(source, limits: EvaluationLimits(fuelMax: fuel))
  }

  @Test func `one step of fuel for each node`() {
    #expect(answer("1 + 2", fuel: 3) == "3")
    #expect(answer("1 + 2", fuel: 2) == "<fuel-exhausted>")
    #expect(answer("1", fuel: 0) == "<fuel-exhausted>")
    #expect(answer("1", fuel: .max) == "1")
  }

  /// Each of these touches about 3 MiB in a few nodes.
  @Test(arguments: [
    "big == big + 'x'", "lower(big) == ''", "replace(big, 'a', 'bb') == ''",
    "split(big, 'a') == []", "json(big) == ''", "hash(big) == ''", "contains(big, 'zz')",
    "length(big) == 1", "slice(big, 1) == ''", "matches(big, '(a|b|aa)*c')",
    "join([big], '') == ''",
    "sort([big, big]) == []", "unique([big]) == []", "[big, 1] == [big, 2]", "number(big) == 1",
    "trim(big) == ''",
  ])
  func `what a function touches costs fuel`(source: String) throws {
    let expression = try ExpressionParser.parse(
      source.replacing("big", with: "inputs.big"))
    let scope = EvaluationScope(
      inputs: ["big": .string(String(repeating: "a", count: 3 << 20))])
    let failure = #expect(throws: EvaluationFailure.self) {
      try expression.evaluate(in: scope, limits: EvaluationLimits(fuelMax: 20_000))
    }
    #expect(failure?.code == "fuel-exhausted")
  }

  @Test func `more fuel never changes an answer`() throws {
    let limits = [0, 1, 3, 10, 30, 100, 1_000, 100_000]
    for seed in 0..<1_000 {
      var random = RandomExpression(seed: UInt64(seed) + 77)
      let expression = Expression(source: "", root: random.node(height: 5))
      var settled: Result<Value, EvaluationFailure>?
      for fuel in limits {
        let answer = Result { () throws(EvaluationFailure) in
          try expression.evaluate(
            in: ExpressionScene.scope, limits: EvaluationLimits(fuelMax: fuel))
        }
        if let settled { #expect(answer == settled, "seed \(seed), fuel \(fuel)") }
        if case .failure(let failure) = answer, failure.code == "fuel-exhausted" { continue }
        settled = answer
      }
    }
  }

  @Test func `the result may be as large as the limit`() {
    // Two bytes are the quotes.
    let limits = EvaluationLimits(outputBytesMax: 7)
    #expect(ExpressionScene.answer("'12345'", limits: limits) == "\"12345\"")
    #expect(ExpressionScene.answer("'123456'", limits: limits) == "<output-too-large>")
    #expect(ExpressionScene.answer("range(20000)") == "<output-too-large>")
    #expect(ExpressionScene.answer("range(100000)", limits: .forEachList).utf8.count == 588_891)
  }

  @Test func `the tree and the result may be as deep as the limit`() {
    let limits = EvaluationLimits(depthMax: 3)
    #expect(ExpressionScene.answer("[[1]]", limits: limits) == "[[1]]")
    #expect(ExpressionScene.answer("[[[1]]]", limits: limits) == "<too-deep>")
    let parsed = "fromJson('[[[1]]]')"
    #expect(ExpressionScene.answer(parsed, limits: limits) == "[[[1]]]")
    #expect(ExpressionScene.answer("fromJson('[[[[1]]]]')", limits: limits) == "<output-too-deep>")
  }
}
