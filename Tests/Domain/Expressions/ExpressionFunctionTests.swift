import Domain
import Testing

@Suite struct ExpressionFunctionTests {
  @Test(arguments: [
    ("length('Grüße')", "5"), ("length('')", "0"), ("length([1, 2])", "2"),
    ("length(item)", "2"), ("length('👍🏽')", "2"),
    ("contains('abcabd', 'abd')", "true"), ("contains('abc', '')", "true"),
    ("contains('ab', 'abc')", "false"), ("contains('aaab', 'aab')", "true"),
    ("contains([1, 2.5], 2.50)", "true"), ("contains([1], 2)", "false"),
    ("contains([], null)", "false"), ("contains([[1], [2]], [2])", "true"),
    ("contains(inputs.free, 'a')", "true"), ("contains(inputs.free, 'z')", "false"),
    ("startsWith('abc', 'ab')", "true"), ("startsWith('ab', 'abc')", "false"),
    ("endsWith('abc', 'bc')", "true"), ("endsWith('bc', 'abc')", "false"),
    ("endsWith('x', '')", "true"), ("lower('GRÜßE')", "\"grüße\""), ("upper('aß')", "\"ASS\""),
    ("trim('\u{a0} a b\n')", "\"a b\""), ("trim('  ')", "\"\""),
    ("split('a,b,,c', ',')", #"["a","b","","c"]"#), ("split('', ',')", #"[""]"#),
    ("split('aXXXb', 'XX')", #"["a","Xb"]"#), ("split('añ', '')", #"["a","ñ"]"#),
    ("join(inputs.regions, '-')", "\"eu-us-eu\""), ("join([], ',')", "\"\""),
    ("join([1, null, 'a', [true]], ',')", #""1,,a,[true]""#),
    ("replace('a.b.c', '.', '')", "\"abc\""), ("replace('aaa', 'aa', 'b')", "\"ba\""),
    ("replace('abc', 'x', 'y')", "\"abc\""), ("replace('a', '', 'y')", "<invalid-argument>"),
    ("matches('release-12', 'release-[0-9]+')", "true"), ("matches('x1', '[a-z]')", "false"),
    ("matches(inputs.any, 'tex.')", "true"), ("matches(inputs.free.a, '1')", "<type-mismatch>"),
  ])
  func `functions on text`(source: String, value: String) {
    #expect(ExpressionScene.answer(source) == value)
  }

  @Test(arguments: [
    ("slice('Grüße', 2, 4)", "\"üß\""), ("slice('abc', 1)", "\"bc\""),
    ("slice('abc', -2)", "\"bc\""), ("slice('abc', 5)", "\"\""), ("slice('abc', 2, 1)", "\"\""),
    ("slice([1, 2, 3], 0, -1)", "[1,2]"), ("slice([1, 2, 3], -9, 9)", "[1,2,3]"),
    ("slice([1], -9223372036854775808, 9223372036854775807)", "[1]"),
    ("keys(inputs.point)", #"["x","y"]"#), ("values(inputs.point)", "[1,-1]"),
    ("range(3)", "[0,1,2]"), ("range(2, 5)", "[2,3,4]"), ("range(-1)", "[]"),
    ("range(5, 5)", "[]"), ("length(range(100000))", "100000"),
    ("range(100001)", "<invalid-argument>"),
    ("range(-9223372036854775808, 9223372036854775807)", "<invalid-argument>"),
    ("first(inputs.regions)", "\"eu\""), ("last(inputs.numbers)", "2"),
    ("first([])", "<empty-array>"), ("last(inputs.matrix[2])", "<empty-array>"),
    ("sort(inputs.numbers)", "[1,2,3]"), ("sort(['b', 'B', 'a'])", #"["B","a","b"]"#),
    ("sort([2.5, 10, -1])", "[-1,2.5,10]"), ("sort([])", "[]"),
    ("sort([inputs.any, inputs.free.a])", "<type-mismatch>"),
    ("unique(inputs.regions)", #"["eu","us"]"#), ("unique([2, 1, 2.0, '1', 1])", #"[2,1,"1"]"#),
    ("unique([[1], [1.0], null, null])", "[[1],null]"),
    ("flatten(inputs.matrix)", "[1,2,3]"), ("flatten([[[1]], []])", "[[1]]"),
    ("flatten(fromJson('[1]'))", "<type-mismatch>"),
  ])
  func `functions on arrays and objects`(source: String, value: String) {
    #expect(ExpressionScene.answer(source) == value)
  }

  @Test(arguments: [
    ("sum(inputs.numbers)", "6"), ("sum([])", "0"), ("sum([0.5, 0.5])", "1"),
    ("sum([9223372036854775807, 1, -1])", "9223372036854775807"),
    ("sum([9223372036854775807, 1])", "<overflow>"), ("sum([null])", "<type-mismatch>"),
    ("min(3, 1.5)", "1.5"), ("min(inputs.numbers)", "1"), ("max(inputs.numbers)", "3"),
    ("max(2)", "2"), ("max([])", "<empty-array>"), ("max(inputs.any)", "<type-mismatch>"),
    ("max(fromJson('[1]'), 2)", "<type-mismatch>"),
    ("round(2.5)", "3"), ("round(-2.5)", "-3"), ("round(2.345, 2)", "2.35"), ("round(7, 3)", "7"),
    ("round(1.5, 10)", "<invalid-argument>"), ("round(1.5, -1)", "<invalid-argument>"),
    ("floor(-1.5)", "-2"), ("floor(1.5)", "1"), ("ceil(1.1)", "2"), ("ceil(-1.9)", "-1"),
    ("floor(2)", "2"), ("abs(-3)", "3"), ("abs(2.5)", "2.5"),
    ("abs(-9223372036854775808)", "<overflow>"),
    ("quotient(7, 2)", "3"), ("quotient(-7, 2)", "-3"), ("quotient(7.5, 2.5)", "3"),
    ("quotient(9000000000000000000, 7)", "1285714285714285714"),
    ("quotient(1, 0)", "<division-by-zero>"),
    ("quotient(-9223372036854775808, -1)", "<overflow>"),
    ("quotient(9223372036854775807, 0.5)", "<overflow>"),
  ])
  func `functions on numbers`(source: String, value: String) {
    #expect(ExpressionScene.answer(source) == value)
  }

  @Test(arguments: [
    ("string(1.50)", "\"1.5\""), ("string('a')", "\"a\""), ("string(null)", "\"\""),
    ("string([1, 'a'])", #""[1,\"a\"]""#), ("number('12')", "12"), ("number('1.5e1')", "15"),
    ("number(2.5)", "2.5"), ("number('0x1')", "<not-a-number>"), ("number('')", "<not-a-number>"),
    ("number('1e19')", "<not-a-number>"), ("json('a')", #""\"a\"""#), ("json(null)", "\"null\""),
    ("fromJson('{\"a\": [1, 2.0]}').a[1]", "2"), ("fromJson('0.30000000000000004')", "0.3"),
    ("fromJson('{')", "<invalid-json>"), ("fromJson('1 2')", "<invalid-json>"),
    ("fromJson(json(inputs.free)) == inputs.free", "true"),
    ("hash('a') == hash('a')", "true"), ("hash('a', 'b') == hash('ab')", "false"),
    ("hash(1) == hash(1.0)", "true"), ("length(hash(null))", "16"),
  ])
  func `conversions`(source: String, value: String) {
    #expect(ExpressionScene.answer(source) == value)
  }

  /// Computed apart, in Python, from the definition of the hash.
  @Test func `the hash never changes between releases`() {
    #expect(ExpressionScene.answer("hash('main')") == "\"3b1521b12e16b848\"")
  }

  @Test func `every function is called by a test and has a signature`() throws {
    for function in ExpressionFunction.allCases {
      #expect(function.signature.hasPrefix(function.rawValue + "("))
    }
    #expect(ExpressionFunction.slice.signature == "slice(string | array, integer, integer?) → same")
    #expect(ExpressionFunction.hash.signature == "hash(any, any…) → string")
    #expect(ExpressionFunction.matches.signature == "matches(string, pattern) → boolean")
  }
}
