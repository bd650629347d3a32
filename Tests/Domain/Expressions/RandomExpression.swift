import Domain

/// Trees of any kind, most of them ill-typed, and values of any kind.
struct RandomExpression {
  var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed) }

  mutating func node(height: Int) -> ExpressionNode {
    ExpressionNode(kind(height: height), at: 0)
  }

  private mutating func kind(height: Int) -> ExpressionNode.Kind {
    guard height > 1 else { return leaf() }
    switch random.below(9) {
    case 0: return leaf()
    case 1: return .member(node(height: height - 1), memberName())
    case 2: return .element(node(height: height - 1), node(height: height - 1))
    case 3: return .list(nodes(random.below(4), height: height - 1))
    case 4: return .unary(random.pick(UnaryOperator.allCases), node(height: height - 1))
    case 5, 6:
      return .binary(
        random.pick(BinaryOperator.allCases), node(height: height - 1), node(height: height - 1))
    case 7:
      return .conditional(
        node(height: height - 1), then: node(height: height - 1),
        otherwise: node(height: height - 1))
    default: return call(height: height)
    }
  }

  private mutating func call(height: Int) -> ExpressionNode.Kind {
    let function = random.pick(ExpressionFunction.allCases)
    if function == .matches, let pattern = try? Pattern(random.pick(["a*", "[^b]+'?", "x|yy"])) {
      return .matches(node(height: height - 1), pattern)
    }
    let counts: [Int] =
      switch function {
      case .replace: [3]
      case .contains, .startsWith, .endsWith, .split, .join, .quotient: [2]
      case .slice: [2, 3]
      case .range, .round, .min, .max, .hash: [1, 2]
      default: [1]
      }
    return .call(function, nodes(random.pick(counts), height: height - 1))
  }

  private mutating func nodes(_ count: Int, height: Int) -> [ExpressionNode] {
    (0..<count).map { _ in node(height: height) }
  }

  private mutating func leaf() -> ExpressionNode.Kind {
    switch random.below(8) {
    case 0: return .inputs
    case 1: return .run
    case 2: return random.pick([.item, .index])
    case 3: return .outcome(taskName())
    case 4: return .outputs(taskName())
    case 5:
      return .member(
        ExpressionNode(.inputs, at: 0), random.pick(ExpressionScene.context.inputs.keys))
    default: return .literal(literal())
    }
  }

  private mutating func taskName() -> TaskName { random.pick(ExpressionScene.context.tasks.keys) }

  private mutating func memberName() -> String {
    random.pick(["a", "x", "n", "os", "is-on", "code", "true", "_1"])
  }

  mutating func literal() -> Value {
    switch random.below(5) {
    case 0: .null
    case 1: .boolean(random.below(2) == 0)
    case 2: .integer(random.pick([0, 1, 2, -1, 9, .max, .min, Int64(random.below(1_000))]))
    case 3: fraction()
    default: .string(random.pick(["", "a", "b,c", "it's", "2", "[1]", "ß é", "}}", "\n"]))
    }
  }

  /// A decimal that is not whole.
  private mutating func fraction() -> Value {
    let scaled = Int64(bitPattern: random.next())
    return .decimal(Decimal(scaled: scaled % Decimal.scale == 0 ? 1 : scaled))
  }

  mutating func value(depth: Int) -> Value {
    guard depth > 0 else { return literal() }
    switch random.below(4) {
    case 0: return .array((0..<random.below(4)).map { _ in value(depth: depth - 1) })
    case 1:
      return .object(
        SortedMap((0..<random.below(4)).map { _ in (memberName(), value(depth: depth - 1)) }))
    default: return literal()
    }
  }
}

/// Prints a tree with as few parentheses as the precedences allow.
struct ExpressionPrinter {
  func text(_ node: ExpressionNode) -> String { text(node, binding: 0) }

  /// In parentheses when the outermost operator binds less tightly than `binding`.
  private func text(_ node: ExpressionNode, binding: Int) -> String {
    let (text, precedence) = parts(node)
    return precedence < binding ? "(\(text))" : text
  }

  private static let unary = 8
  private static let postfix = 9

  private func parts(_ node: ExpressionNode) -> (String, Int) {
    switch node.kind {
    case .literal(let value): return (literal(value), ExpressionPrinter.postfix)
    case .inputs: return ("inputs", ExpressionPrinter.postfix)
    case .run: return ("run", ExpressionPrinter.postfix)
    case .item: return ("item", ExpressionPrinter.postfix)
    case .index: return ("index", ExpressionPrinter.postfix)
    case .outcome(let task): return ("tasks.\(task).outcome", ExpressionPrinter.postfix)
    case .outputs(let task): return ("tasks.\(task).outputs", ExpressionPrinter.postfix)
    case .member(let base, let name):
      return (
        text(base, binding: ExpressionPrinter.postfix) + "." + name, ExpressionPrinter.postfix
      )
    case .element(let base, let place):
      return (
        text(base, binding: ExpressionPrinter.postfix) + "[\(text(place))]",
        ExpressionPrinter.postfix
      )
    case .list(let items): return ("[\(list(items))]", ExpressionPrinter.postfix)
    case .unary(let symbol, let operand):
      let inner = text(operand, binding: ExpressionPrinter.unary)
      // A sign that touches a digit would become part of the number.
      let isNumber = inner.first?.isNumber == true
      return (symbol.rawValue + (isNumber ? "(\(inner))" : inner), ExpressionPrinter.unary)
    case .binary(let symbol, let left, let right):
      let own = symbol.precedence
      let groupsRight = symbol == .coalesce
      return (
        text(left, binding: groupsRight ? own + 1 : own) + " \(symbol.rawValue) "
          + text(right, binding: groupsRight ? own : own + 1), own
      )
    case .conditional(let condition, let then, let otherwise):
      return ("\(text(condition, binding: 1)) ? \(text(then)) : \(text(otherwise))", 0)
    case .call(let function, let arguments):
      return ("\(function.rawValue)(\(list(arguments)))", ExpressionPrinter.postfix)
    case .matches(let subject, let pattern):
      return (
        "matches(\(text(subject)), \(literal(.string(pattern.source))))", ExpressionPrinter.postfix
      )
    }
  }

  private func list(_ nodes: [ExpressionNode]) -> String {
    nodes.map { text($0) }.joined(separator: ", ")
  }

  private func literal(_ value: Value) -> String {
    guard case .string(let text) = value else { return value.json }
    return "'"
      + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
      + "'"
  }
}

extension ExpressionNode {
  /// The same tree with every offset zero.
  var withoutOffsets: ExpressionNode {
    let kind: Kind =
      switch kind {
      case .literal, .inputs, .outcome, .outputs, .item, .index, .run: kind
      case .member(let base, let name): .member(base.withoutOffsets, name)
      case .element(let base, let place): .element(base.withoutOffsets, place.withoutOffsets)
      case .list(let items): .list(items.map(\.withoutOffsets))
      case .unary(let symbol, let operand): .unary(symbol, operand.withoutOffsets)
      case .binary(let symbol, let left, let right):
        .binary(symbol, left.withoutOffsets, right.withoutOffsets)
      case .conditional(let condition, let then, let otherwise):
        .conditional(
          condition.withoutOffsets, then: then.withoutOffsets, otherwise: otherwise.withoutOffsets)
      case .call(let function, let arguments): .call(function, arguments.map(\.withoutOffsets))
      case .matches(let text, let pattern): .matches(text.withoutOffsets, pattern)
      }
    return ExpressionNode(kind, at: 0)
  }
}
