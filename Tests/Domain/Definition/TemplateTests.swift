import Domain
import Testing

@Suite struct TemplateTests {
  private static let scope = EvaluationScope(
    inputs: ["name": .string("it's"), "list": .array([.integer(1), .null]), "none": .null])

  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("${{ inputs.name }}", "it's"), ("a${{inputs.name}}b", "ait'sb"),
    ("${{ inputs.list }}!", "[1,null]!"), ("[${{ inputs.none }}]", "[]"),
    ("${{ 1 }}${{ 2 }}", "12"), ("$${{ x }}", "${{ x }}"), ("$$${{ x }}", "$${{ x }}"),
    ("$ {{ x }}", "$ {{ x }}"), ("{{ x }} $x ${x}", "{{ x }} $x ${x}"), ("a$", "a$"),
    ("${{ '}}' }}", "}}"), ("${{ 'it''s }}' }}", "it's }}"), ("}} ${{ 1 }} }}", "}} 1 }}"),
    ("${{ '$' }}${{ 1 }}", "$1"), ("é${{\n1\n}}", "é1"), ("$${{", "${{"),
  ])
  func `expressions are replaced and everything else stays`(text: String, rendered: String) throws {
    #expect(try Template.parse(text).rendered(in: TemplateTests.scope) == rendered)
  }

  @Test(arguments: [
    ("ab ${{ inputs.x", "unclosed-expression", 3), ("${{ 'a }}", "expression-syntax", 4),
    ("é${{  1 + }}", "expression-syntax", 9), ("${{ 1 }} ${{ }}", "expression-syntax", 13),
    ("${{ nope }}", "unknown-name", 4), ("${{ 1 }}é${{ 'ü' + }}", "expression-syntax", 18),
  ])
  func `a fault counts in the whole text`(text: String, code: String, offset: Int) {
    let fault = #expect(throws: ExpressionFault.self) { try Template.parse(text) }
    #expect(fault?.code == code)
    #expect(fault?.offset == offset)
  }

  @Test func `a fault of types counts in the whole text too`() {
    let fault = #expect(throws: ExpressionFault.self) {
      try Template.parse("é $${{ ${{   1 + 'a' }}", in: ExpressionContext())
    }
    #expect(fault?.code == "type-mismatch")
    #expect(fault?.offset == 15)
  }

  /// Goal: the normal form of a definition reads back to the definition.
  @Test func `the source of a template parses to the template`() throws {
    let words = [
      "$", "${{", "{{ ", "}}", " 1 ", "inputs.a", "'x'", "'", "a", "é", "${{ 2 }}", "\n",
    ]
    var expressionCount = 0
    for seed in 0..<20_000 {
      var random = SeededRandom(UInt64(seed))
      let text = (0...random.below(7)).map { _ in random.pick(words) }.joined()
      guard let template = try? Template.parse(text) else { continue }
      #expect(try Template.parse(template.source) == template, "\(text)")
      expressionCount += template.expressions.count
    }
    #expect(expressionCount > 1_000)
  }

  @Test func `a dollar before an expression made by hand stays a dollar`() throws {
    let one = try ExpressionParser.parse("1")
    let template = Template([.text("a$"), .expression(one)])
    let reread = try Template.parse(template.source)
    #expect(try reread.rendered(in: TemplateTests.scope) == "a$1")
    #expect(try template.rendered(in: TemplateTests.scope) == "a$1")
  }

  @Test func `a sole expression is one and nothing around it`() throws {
    #expect(try Template.parse("${{ inputs.list }}").soleExpression?.source == "inputs.list")
    #expect(try Template.parse(" ${{ inputs.list }}").soleExpression == nil)
    #expect(try Template.parse("${{ 1 }}${{ 2 }}").soleExpression == nil)
    #expect(try Template.parse("text").soleExpression == nil)
  }

  @Test func `limits hold for the whole template`() throws {
    let template = try Template.parse("${{ 'abc' }}${{ 'def' }}")
    let six = EvaluationLimits(outputBytesMax: 6)
    #expect(try template.rendered(in: TemplateTests.scope, limits: six) == "abcdef")
    for limits in [EvaluationLimits(outputBytesMax: 5), EvaluationLimits(fuelMax: 1)] {
      #expect(throws: EvaluationFailure.self) {
        try template.rendered(in: TemplateTests.scope, limits: limits)
      }
    }
  }
}
