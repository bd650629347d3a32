import Domain
import Testing

@Suite struct ValueTemplateTests {
  private static let scope = EvaluationScope(inputs: ["n": .integer(3), "q": .string("\"},{\"")])

  @Test func `a sole expression keeps its type, other leaves become strings`() throws {
    let value = try Value(
      json: #"{"n":"${{ inputs.n }}","s":"v${{ inputs.n }}","l":["${{ [inputs.n] }}",null,1.5]}"#)
    let template = try ValueTemplate.parse(value)
    #expect(template.expressions.map(\.source) == ["[inputs.n]", "inputs.n", "inputs.n"])
    #expect(
      try template.rendered(in: ValueTemplateTests.scope).json
        == #"{"l":[[3],null,1.5],"n":3,"s":"v3"}"#)
  }

  @Test func `values go into values, never into JSON text`() throws {
    let template = try ValueTemplate.parse(.object(["a": .string("x${{ inputs.q }}")]))
    let rendered = try template.rendered(in: ValueTemplateTests.scope)
    #expect(rendered == .object(["a": .string("x\"},{\"")]))
  }

  @Test func `what has no expression is one constant, escapes resolved`() throws {
    let value = Value.object(["a": .array([.string("$${{ x }}"), .integer(1)]), "b": .null])
    let constant = Value.object(["a": .array([.string("${{ x }}"), .integer(1)]), "b": .null])
    #expect(try ValueTemplate.parse(value) == .constant(constant))
    #expect(try ValueTemplate.parse(value).source == value)
  }

  @Test func `the source parses to the template`() throws {
    let texts = ["a", "$${{", "${{ inputs.n }}", "b ${{ 1 }}", "${{ '}}' }}", "$"]
    for seed in 0..<2_000 {
      var random = SeededRandom(UInt64(seed))
      let value = Value.array(
        (0..<random.below(4)).map { _ in
          .object(["x": .string(random.pick(texts)), "y": .array([.string(random.pick(texts))])])
        })
      let template = try ValueTemplate.parse(value)
      #expect(try ValueTemplate.parse(template.source) == template, "seed \(seed)")
    }
  }

  @Test func `an expression in a name or a broken one is a fault`() {
    let name = #expect(throws: ExpressionFault.self) {
      try ValueTemplate.parse(.array([.object(["${{ inputs.n }}": .null])]))
    }
    #expect(name?.code == "expression-in-name")
    let broken = #expect(throws: ExpressionFault.self) {
      try ValueTemplate.parse(.array([.string("${{ inputs.m }}")]), in: ExpressionContext())
    }
    #expect(broken?.code == "unknown-input")
    #expect(broken?.offset == 11)
  }

  @Test func `the size and depth of the whole value are limited`() throws {
    let template = try ValueTemplate.parse(
      .array([.string("${{ 'ab' }}"), .string("x${{ 'c' }}")]))
    let exact = EvaluationLimits(outputBytesMax: 11)
    #expect(
      try template.rendered(in: ValueTemplateTests.scope, limits: exact).json.utf8.count == 11)
    #expect(throws: EvaluationFailure.self) {
      try template.rendered(
        in: ValueTemplateTests.scope, limits: EvaluationLimits(outputBytesMax: 10))
    }
    let deep = try ValueTemplate.parse(.array([.array([.string("${{ [[1]] }}")])]))
    let four = EvaluationLimits(depthMax: 4)
    #expect(try deep.rendered(in: ValueTemplateTests.scope, limits: four).json == "[[[[1]]]]")
    #expect(throws: EvaluationFailure.self) {
      try deep.rendered(in: ValueTemplateTests.scope, limits: EvaluationLimits(depthMax: 3))
    }
  }
}
