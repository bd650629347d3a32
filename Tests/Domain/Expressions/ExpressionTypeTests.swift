import Domain
import Testing

@Suite struct ExpressionTypeTests {
  @Test(arguments: [
    ("inputs.n", "integer"), ("inputs.n + 1", "integer"), ("inputs.n + 1.5", "number"),
    ("inputs.n / 2", "number"), ("inputs.n % 2", "integer"), ("-inputs.ratio", "number"),
    ("inputs.any + 1", "number"), ("inputs.any + 'a'", "string"), ("inputs.any + [1]", "array"),
    ("inputs.any + inputs.any", "any"), ("inputs.n == null", "boolean"), ("null", "any"),
    ("[]", "array"), ("[1, 2]", "array of integer"), ("[1, 2.5]", "array of number"),
    ("[1, 'a']", "array"), ("[null, 1]", "array of integer"),
    ("inputs.is-on ? 1 : null", "integer"), ("inputs.is-on ? 1 : 2.5", "number"),
    ("inputs.is-on ? 1 : 'a'", "any"), ("inputs.free.x", "any"),
    ("inputs.point", "object {x: integer, y: integer}"),
    ("inputs.point['x']", "integer"), ("inputs.point[inputs.name]", "any"),
    ("tasks.each-one.outputs.code", "array of integer"), ("tasks.build.outcome", "string"),
    ("tasks.build.outputs.image ?? null", "string"), ("first(inputs.regions)", "string"),
    ("slice(inputs.name, 1)", "string"), ("slice(inputs.numbers, 1)", "array of integer"),
    ("flatten(inputs.matrix)", "array of integer"), ("values(inputs.point)", "array of integer"),
    ("values(inputs.free)", "array"), ("sum(inputs.numbers)", "integer"),
    ("sum(inputs.any)", "number"),
    ("max(1, 2)", "integer"), ("max(1, 2.5)", "number"), ("max(inputs.numbers)", "integer"),
    ("abs(-1)", "integer"), ("round(inputs.ratio)", "integer"),
    ("round(inputs.ratio, 1)", "number"),
    ("range(inputs.n)", "array of integer"), ("fromJson('1')", "any"), ("item.level", "integer"),
    ("index", "integer"), ("run.outcome", "string"), ("!inputs.any", "boolean"),
  ])
  func `the type is known before the run`(source: String, type: String) throws {
    #expect(try ExpressionParser.parse(source, in: ExpressionScene.context).1.text == type)
  }

  @Test(arguments: [
    ("inputs.m", "unknown-input", 7, "did you mean n?"),
    (
      "inputs.n-1", "unknown-input", 7,
      "'-' belongs to the name; to subtract, put a blank before it"
    ),
    ("inputs.regiosn[0]", "unknown-input", 7, "did you mean regions?"),
    ("inputs['nmae']", "unknown-input", 7, "did you mean name?"),
    ("tasks.biuld.outcome", "unknown-task", 0, "did you mean build?"),
    ("tasks.deploy.outcome", "unknown-task", 0, "add it to the needs of this task"),
    ("tasks.build.outputs.imgae", "unknown-output", 20, "did you mean image?"),
    ("inputs.point.z1", "unknown-member", 13, "there are: x, y"),
    ("run.startedAt", "unknown-member", 4, "there are: id, namespace, outcome, workflow"),
    ("tasks.build.outcome == 'sucess'", "unknown-outcome", 23, "did you mean 'success'?"),
    (
      "'x' != run.outcome", "unknown-outcome", 0,
      "there are: success, failed, cancelled, timedOut"
    ),
    ("inputs.name.x", "type-mismatch", 12, "only objects have members"),
    ("inputs.name[0]", "type-mismatch", 11, "use slice(text, from, to)"),
    ("inputs.regions['a']", "type-mismatch", 15, "use number(…)"),
    (
      "inputs.regions[1 / 2]", "type-mismatch", 15,
      "use floor(…), ceil(…), round(…) or quotient(a, b)"
    ),
    (
      "1 + 'a'", "type-mismatch", 2,
      "both must be numbers, strings or arrays; string(…) makes a text of anything"
    ),
    (
      "1 + null", "type-mismatch", 2,
      "both must be numbers, strings or arrays; string(…) makes a text of anything"
    ),
    ("1 - 'a'", "type-mismatch", 4, "use number(…)"),
    ("inputs.n == '7'", "type-mismatch", 9, "convert one side with string(…) or number(…)"),
    ("1 < 'a'", "type-mismatch", 2, "both sides must be numbers, or both strings"),
    ("true < false", "type-mismatch", 5, "both sides must be numbers, or both strings"),
    ("inputs.name && true", "type-mismatch", 0, "compare it with something, such as x == 'yes'"),
    ("!inputs.n", "type-mismatch", 1, "compare it with something, such as x == 'yes'"),
    ("inputs.n ? 1 : 2", "type-mismatch", 0, "compare it with something, such as x == 'yes'"),
    ("lower(1)", "type-mismatch", 6, "it is lower(string) → string"),
    ("lower(null)", "type-mismatch", 6, "it is lower(string) → string"),
    ("range(1.5)", "type-mismatch", 6, "it is range(integer, integer?) → array of integer"),
    (
      "contains('a', 1)", "type-mismatch", 14,
      "it is contains(string | array | object, any) → boolean"
    ),
    (
      "contains(inputs.regions, 1)", "type-mismatch", 25,
      "it is contains(string | array | object, any) → boolean"
    ),
    ("sum(inputs.regions)", "type-mismatch", 4, "it is sum(array) → number"),
    ("max(inputs.numbers, 1)", "type-mismatch", 4, "it is max(number | array, number…) → number"),
    ("sort([[1]])", "type-mismatch", 5, "it is sort(array) → same"),
    ("flatten(inputs.numbers)", "type-mismatch", 8, "it is flatten(array) → array"),
    ("matches(1, 'a')", "type-mismatch", 8, "use string(…)"),
  ])
  func `what cannot fit is a fault with its place and cure`(
    source: String, code: String, offset: Int, hint: String
  ) {
    let fault = #expect(throws: ExpressionFault.self) {
      try ExpressionParser.parse(source, in: ExpressionScene.context)
    }
    #expect(fault?.code == code)
    #expect(fault?.offset == offset)
    #expect(fault?.hint == hint)
  }

  @Test(arguments: ["item", "index", "run.outcome", "tasks.build.outcome", "inputs.n"])
  func `names are there only where they have a meaning`(source: String) throws {
    let expression = try ExpressionParser.parse(source)
    #expect(throws: ExpressionFault.self) {
      try ExpressionParser.check(expression, in: ExpressionContext())
    }
  }

  @Test func `faults count in the text that was given, blanks included`() throws {
    let parsed = #expect(throws: ExpressionFault.self) {
      try ExpressionParser.parse("  \n ü", in: ExpressionScene.context)
    }
    #expect(parsed?.offset == 4)
    let checked = #expect(throws: ExpressionFault.self) {
      try ExpressionParser.parse(" 'ä' + 1", in: ExpressionScene.context)
    }
    #expect(checked?.offset == 5)

    let expression = try ExpressionParser.parse("  'ä' + 1 ")
    #expect(expression.source == "'ä' + 1")
    let rechecked = #expect(throws: ExpressionFault.self) {
      try ExpressionParser.check(expression, in: ExpressionScene.context)
    }
    #expect(rechecked?.offset == 4)
  }
}
