import Domain
import Testing

@Suite struct ExpressionEvaluationTests {
  @Test(arguments: [
    ("null", "null"), ("true", "true"), ("12", "12"), ("1.50", "1.5"), ("1e3", "1000"),
    ("'it''s'", "\"it's\""), ("''", "\"\""), ("-9223372036854775808", "-9223372036854775808"),
    ("[1, 'a', [null]]", "[1,\"a\",[null]]"), ("[]", "[]"),
    ("inputs.n", "7"), ("inputs.is-on", "true"), ("inputs['is-on']", "true"),
    ("inputs.point.y", "-1"), ("inputs.free['b c']", "null"), ("inputs.regions[1]", "\"us\""),
    ("tasks.build.outcome", "\"success\""), ("tasks.each-one.outputs.code[2]", "1"),
    ("tasks.build.outputs", #"{"image":"app:1","size":40}"#),
    ("item", #"{"level":2,"os":"linux"}"#), ("item.os", "\"linux\""), ("index", "4"),
    ("run.id", "\"run_1\""), ("run.outcome", "\"failed\""), ("item['o' + 's']", "\"linux\""),
  ])
  func `literals and paths have the values of the scope`(source: String, value: String) {
    #expect(ExpressionScene.answer(source) == value)
  }

  @Test(arguments: [
    ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("10 - 4 - 3", "3"), ("-2 * 3", "-6"),
    ("- inputs.n", "-7"), ("inputs.n -1", "6"), ("2 - -3", "5"), ("--5", "5"),
    ("7 / 2", "3.5"), ("8 / 2", "4"), ("1 / 3", "0.333333333"), ("2 / 3", "0.666666667"),
    ("-2 / 3", "-0.666666667"), ("7 % 3", "1"), ("-7 % 3", "-1"), ("5.5 % 2", "1.5"),
    ("0.1 + 0.2", "0.3"), ("0.1 + 0.2 == 0.3", "true"), ("inputs.ratio * 2", "5"),
    ("1.5 * 1.5", "2.25"), ("0.000000001 * 0.5", "0.000000001"), ("0.000000001 * 0.4", "0"),
    ("9223372036854775807 + 0", "9223372036854775807"),
    ("3000000000 * 3000000000", "9000000000000000000"), ("5000000000 * 0.5", "2500000000"),
    ("9223372036.854775807 - 0.000000001", "9223372036.854775806"),
    ("'a' + 'b'", "\"ab\""), ("[1] + [2]", "[1,2]"),
    ("9223372036854775807 + 1", "<overflow>"), ("9000000000 * 9000000000", "<overflow>"),
    ("9223372036.8 + 0.1", "<overflow>"), ("9000000000000000000 / 7", "<overflow>"),
    ("- inputs.n * 9223372036854775807", "<overflow>"),
    ("1 / 0", "<division-by-zero>"), ("1 % 0", "<division-by-zero>"),
  ])
  func `arithmetic is exact or says that it is not possible`(source: String, value: String) {
    #expect(ExpressionScene.answer(source) == value)
  }

  @Test(arguments: [
    ("1 == 1.0", "true"), ("1 < 1.5", "true"), ("'a' < 'b'", "true"), ("'Z' < 'a'", "true"),
    ("2 >= 2", "true"), ("[1, 2] == [1.0, 2]", "true"), ("inputs.free == item", "false"),
    ("null == null", "true"), ("inputs.any == null", "false"), ("inputs.any != 'text'", "false"),
    ("9007199254740993 == 9007199254740992.0 + 1", "true"),
    ("!true", "false"), ("!!true", "true"), ("true && false || true", "true"),
    ("true || false && false", "true"), ("inputs.n > 5 && inputs.n < 10", "true"),
    ("inputs.n == 7 ? 'y' : 'n'", "\"y\""), ("false ? 1 : true ? 2 : 3", "2"),
    ("null ?? 1", "1"), ("null ?? null ?? 3", "3"), ("inputs.free.nope ?? 'd'", "\"d\""),
    ("tasks.skipped.outputs.report ?? 'none'", "\"none\""),
    ("inputs.regions[9] ?? 'none'", "\"none\""), ("first([]) ?? 0", "0"),
    ("inputs.free['b c'].deep ?? 1", "1"), ("inputs.free.nope ?? 'no' == 'no'", "true"),
    ("1 ?? 2 + 3", "1"), ("inputs.any.x ?? 1", "<type-mismatch>"),
    ("1 / 0 ?? 1", "<division-by-zero>"),
    ("inputs.free.a < inputs.any", "<type-mismatch>"),
    // The scalars differ although the characters look the same.
    ("'e\u{301}' == '\u{e9}'", "false"), ("'e\u{301}' < '\u{e9}'", "true"),
  ])
  func `comparisons, conditions and defaults`(source: String, value: String) {
    #expect(ExpressionScene.answer(source) == value)
  }

  @Test(arguments: [
    "false && inputs.regions[99] == 'x'", "!(true || inputs.regions[99] == 'x')",
    "(inputs.n == 7 ? 1 : inputs.matrix[9][9]) == 2", "(1 ?? inputs.numbers[99]) == 2",
  ])
  func `what is not needed is not evaluated`(source: String) {
    #expect(ExpressionScene.answer(source) == "false")
  }

  @Test(arguments: [
    ("inputs.free.nope", "missing-member"), ("inputs.regions[3]", "index-out-of-range"),
    ("inputs.regions[-1]", "index-out-of-range"), ("inputs.free['b c'].x", "missing-member"),
    ("tasks.skipped.outputs.report", "missing-output"), ("inputs.any.x", "type-mismatch"),
    ("inputs.any[0]", "type-mismatch"), ("inputs.any && true", "type-mismatch"),
    ("-inputs.any", "type-mismatch"), ("inputs.any + 1", "type-mismatch"),
    ("inputs.any ? 1 : 2", "type-mismatch"), ("lower(inputs.free.a)", "type-mismatch"),
  ])
  func `a value that is not there or not fitting is a failure`(source: String, code: String) {
    #expect(ExpressionScene.answer(source) == "<\(code)>")
  }

  @Test func `a failure names both types and the way out`() throws {
    let expression = try ExpressionParser.parse("inputs.any + 1")
    let sum = #expect(throws: EvaluationFailure.self) {
      try expression.evaluate(in: ExpressionScene.scope)
    }
    #expect(sum?.message == "'+' does not take string and integer")

    let output = try ExpressionParser.parse("tasks.skipped.outputs.report")
    let missing = #expect(throws: EvaluationFailure.self) {
      try output.evaluate(in: ExpressionScene.scope)
    }
    #expect(
      missing?.message == "task skipped ended as skipped without output 'report'; "
        + "tasks.skipped.outputs.report ?? … gives a value for that case")
  }

  @Test func `references are the tasks that are read, each once`() throws {
    let expression = try ExpressionParser.parse(
      "tasks.b.outcome == 'failed' ? tasks.a.outputs.x : [tasks.b.outputs.y, tasks.c.outcome]")
    #expect(expression.references.members.map(\.text) == ["a", "b", "c"])
  }
}
