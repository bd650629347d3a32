import Domain
import Testing

@Suite struct ExpressionPropertyTests {
  @Test func `what is printed parses to the same tree`() throws {
    for seed in 0..<3_000 {
      var random = RandomExpression(seed: UInt64(seed))
      let node = random.node(height: 5)
      let text = ExpressionPrinter().text(node)
      guard text.utf8.count <= ExpressionParser.sourceBytesMax else { continue }
      let parsed = try ExpressionParser.parse(text)
      #expect(parsed.root.withoutOffsets == node, "seed \(seed): \(text)")
      #expect(parsed.source == text)
    }
  }

  /// Goal: whatever the tree and the values, there is an answer, and it is always the same.
  /// Method: ill-typed random trees over random scopes; the checker may refuse them, the evaluator
  /// must cope all the same. What it answers is a value that its own JSON reads back to.
  @Test func `the evaluator answers every tree with a value or a failure`() throws {
    var valueCount = 0
    for seed in 0..<6_000 {
      var random = RandomExpression(seed: UInt64(seed))
      let expression = Expression(source: "", root: random.node(height: 5))
      let scope = EvaluationScope(
        inputs: ExpressionScene.scope.inputs.mapValues { _ in random.value(depth: 3) },
        item: random.value(depth: 2), index: 1)
      let first = Result { () throws(EvaluationFailure) in try expression.evaluate(in: scope) }
      let second = Result { () throws(EvaluationFailure) in try expression.evaluate(in: scope) }
      #expect(first == second, "seed \(seed)")
      guard case .success(let value) = first else { continue }
      valueCount += 1
      #expect(try Value(json: value.json).json == value.json, "seed \(seed)")
      #expect(value.weight == value.json.utf8.count, "seed \(seed)")
    }
    #expect(valueCount > 500)
  }

  /// Goal: the checker keeps its word.
  /// Method: of random trees keep those it accepts, evaluate them over a scope that fits its
  /// context, and compare the value with the type. Missing values are null in any type.
  @Test func `an accepted expression has a value of its type`() throws {
    var acceptedCount = 0
    var valueCount = 0
    for seed in 0..<30_000 {
      var random = RandomExpression(seed: UInt64(seed) + 1_000_000)
      let node = random.node(height: 4)
      let text = ExpressionPrinter().text(node)
      let expression = Expression(source: text, root: node)
      guard let type = try? ExpressionParser.check(expression, in: ExpressionScene.context) else {
        continue
      }
      acceptedCount += 1
      guard let value = try? expression.evaluate(in: ExpressionScene.scope) else { continue }
      valueCount += 1
      #expect(fits(value, type), "seed \(seed): \(text) is \(value.json), not \(type.text)")
    }
    #expect(acceptedCount > 2_000)
    #expect(valueCount > 1_500)
  }

  private func fits(_ value: Value, _ type: ValueType) -> Bool {
    switch (type, value) {
    case (_, .null): true
    case (.array(let element), .array(let items)): items.allSatisfy { fits($0, element) }
    case (.object(let types?), .object(let members)):
      members.allSatisfy { name, member in types[name].map { fits(member, $0) } ?? false }
    default: type.accepts(value)
    }
  }

  @Test func `no soup of words breaks the parser`() {
    let words = [
      "inputs", ".", "n", "[", "]", "(", ")", "tasks.build.outcome", "'a'", "1", "-", "!", "?",
      ":", "??", "==", "&&", "+", ",", "length", "matches", "item", "1.5", " ", "é", "'", "}}",
    ]
    var parsedCount = 0
    for seed in 0..<20_000 {
      var random = SeededRandom(UInt64(seed))
      let text = (0...random.below(9)).map { _ in random.pick(words) }.joined()
      do {
        let expression = try ExpressionParser.parse(text)
        parsedCount += 1
        #expect(expression.root.offset >= 0)
      } catch {
        #expect(error.offset >= 0 && error.offset <= text.unicodeScalars.count, "\(text)")
        #expect(!error.message.isEmpty)
      }
    }
    #expect(parsedCount > 500)
  }
}
