/// A recursive descent over the tokens of one expression, by precedence.
struct ExpressionDescent {
  /// A node and the height of its tree, so that no walk over a tree can be deep.
  private typealias Branch = (node: ExpressionNode, height: Int)

  private let tokens: [ExpressionToken]
  private let context: ExpressionContext
  private var place = 0
  private var depth = 0

  init(tokens: [ExpressionToken], context: ExpressionContext) {
    self.tokens = tokens
    self.context = context
  }

  mutating func document() throws(ExpressionFault) -> ExpressionNode {
    if next.kind == .end {
      throw syntax("the expression is empty", hint: "write a value, such as inputs.x")
    }
    let (node, _) = try conditional()
    guard next.kind == .end else { throw unexpected(after: "the expression") }
    return node
  }

  private mutating func conditional() throws(ExpressionFault) -> Branch {
    try deepen()
    defer { depth -= 1 }
    let condition = try binary(above: 0)
    let offset = next.offset
    guard skip("?") else { return condition }
    let then = try conditional()
    guard skip(":") else { throw unexpected(hint: "a condition is written c ? a : b") }
    let otherwise = try conditional()
    return try branch(
      .conditional(condition.node, then: then.node, otherwise: otherwise.node), at: offset,
      over: [condition, then, otherwise])
  }

  /// Operators that bind tighter than `precedence`.
  private mutating func binary(above precedence: Int) throws(ExpressionFault) -> Branch {
    var left = try unary()
    while case .symbol(let symbol) = next.kind, let found = BinaryOperator(rawValue: symbol),
      found.precedence > precedence
    {
      let offset = next.offset
      place += 1
      // `??` groups to the right, so its own kind belongs to its right operand.
      let right = try binary(above: found == .coalesce ? found.precedence - 1 : found.precedence)
      left = try branch(
        .binary(found, left.node, right.node), at: offset, over: [left, right])
    }
    return left
  }

  private mutating func unary() throws(ExpressionFault) -> Branch {
    let start = next
    guard case .symbol(let symbol) = start.kind, let found = UnaryOperator(rawValue: symbol) else {
      return try postfix()
    }
    place += 1
    // The lowest integer has no positive counterpart: a sign that touches a number is part of it.
    if found == .negative, case .number(let digits) = next.kind, next.offset == start.end {
      place += 1
      return try suffixes(of: try literal("-" + digits, at: start.offset))
    }
    try deepen()
    defer { depth -= 1 }
    let operand = try unary()
    return try branch(.unary(found, operand.node), at: start.offset, over: [operand])
  }

  private mutating func postfix() throws(ExpressionFault) -> Branch {
    try suffixes(of: try primary())
  }

  private mutating func suffixes(of base: Branch) throws(ExpressionFault) -> Branch {
    var base = base
    while true {
      if skip(".") {
        let offset = next.offset
        let name = try memberName()
        base = try branch(.member(base.node, name), at: offset, over: [base])
      } else if next.kind == .symbol("[") {
        let offset = next.offset
        place += 1
        let index = try conditional()
        guard skip("]") else { throw unexpected(hint: "close the index with ']'") }
        base = try branch(.element(base.node, index.node), at: offset, over: [base, index])
      } else {
        return base
      }
    }
  }

  private mutating func primary() throws(ExpressionFault) -> Branch {
    let token = next
    place += 1
    switch token.kind {
    case .number(let text):
      return try literal(text, at: token.offset)
    case .string(let text):
      return (ExpressionNode(.literal(.string(text)), at: token.offset), 1)
    case .name(let name):
      return next.kind == .symbol("(")
        ? try call(name, at: token.offset) : try root(name, at: token.offset)
    case .symbol("("):
      let inner = try conditional()
      guard skip(")") else { throw unexpected(hint: "close the parenthesis with ')'") }
      return inner
    case .symbol("["):
      let items = try list(until: "]")
      return try branch(.list(items.map(\.node)), at: token.offset, over: items)
    case .symbol, .end:
      place -= 1
      throw unexpected(hint: "a value is expected here, such as inputs.x, 1 or 'text'")
    }
  }

  private mutating func root(_ name: String, at offset: Int) throws(ExpressionFault) -> Branch {
    let kind: ExpressionNode.Kind
    switch name {
    case "null": kind = .literal(.null)
    case "true": kind = .literal(.boolean(true))
    case "false": kind = .literal(.boolean(false))
    case "inputs": kind = .inputs
    case "item": kind = .item
    case "index": kind = .index
    case "run": kind = .run
    case "tasks": kind = try task(at: offset)
    default: throw unknown(name, at: offset)
    }
    return (ExpressionNode(kind, at: offset), 1)
  }

  /// After `tasks`: `.NAME.outcome` or `.NAME.outputs`.
  private mutating func task(at offset: Int) throws(ExpressionFault) -> ExpressionNode.Kind {
    let shape = "write tasks.NAME.outcome or tasks.NAME.outputs.x"
    guard skip("."), case .name(let text) = next.kind, let name = TaskName(text) else {
      throw syntax("'tasks' wants the name of a task", hint: shape, at: offset)
    }
    place += 1
    guard skip("."), case .name(let fact) = next.kind else {
      throw syntax("a task has no value of its own", hint: shape, at: offset)
    }
    let factOffset = next.offset
    place += 1
    switch fact {
    case "outcome": return .outcome(name)
    case "outputs": return .outputs(name)
    default:
      throw ExpressionFault(
        code: "unknown-member", message: "a task has no '\(fact)'", hint: shape,
        offset: factOffset)
    }
  }

  private mutating func call(_ name: String, at offset: Int) throws(ExpressionFault) -> Branch {
    guard let function = ExpressionFunction(rawValue: name) else {
      let nearest = NearestMatch.of(name, among: ExpressionFunction.allCases.map(\.rawValue))
      throw ExpressionFault(
        code: "unknown-function", message: "there is no function '\(name)'",
        hint: nearest.map { "did you mean \($0)?" } ?? "docs/expressions.md lists them",
        offset: offset)
    }
    place += 1
    let arguments = try list(until: ")")
    let shape = function.shape
    guard arguments.count >= shape.countMin, arguments.count <= shape.countMax else {
      throw ExpressionFault(
        code: "wrong-arguments", message: "\(name) does not take \(arguments.count) arguments",
        hint: "it is \(function.signature)", offset: offset)
    }
    guard function == .matches else {
      return try branch(.call(function, arguments.map(\.node)), at: offset, over: arguments)
    }
    let pattern = try pattern(arguments[1].node)
    return try branch(.matches(arguments[0].node, pattern), at: offset, over: arguments)
  }

  private func pattern(_ node: ExpressionNode) throws(ExpressionFault) -> Pattern {
    guard case .literal(.string(let text)) = node.kind else {
      throw ExpressionFault(
        code: "wrong-arguments", message: "the pattern of matches is not written out",
        hint: "write it as a string: matches(inputs.x, '[a-z]+')", offset: node.start)
    }
    do {
      return try Pattern(text)
    } catch {
      // A quote within the pattern was written twice.
      let quotes = text.unicodeScalars.prefix(error.offset).count { $0 == "'" }
      throw ExpressionFault(
        code: error.code, message: error.message, hint: error.hint,
        offset: node.offset + 1 + error.offset + quotes)
    }
  }

  /// After the opening bracket; reads the closing one.
  private mutating func list(until end: String) throws(ExpressionFault) -> [Branch] {
    var items: [Branch] = []
    if skip(end) { return items }
    repeat { items.append(try conditional()) } while skip(",")
    guard skip(end) else { throw unexpected(hint: "write ',' or '\(end)'") }
    return items
  }

  private mutating func memberName() throws(ExpressionFault) -> String {
    guard case .name(let name) = next.kind else {
      throw unexpected(hint: "a name follows the point; other members are written ['…'] or [0]")
    }
    place += 1
    return name
  }

  private func literal(_ text: String, at offset: Int) throws(ExpressionFault) -> Branch {
    guard let value = Value(numberText: text) else {
      throw ExpressionFault(
        code: "invalid-number", message: "'\(text)' is no number that can be held",
        hint: "whole numbers have 64 bits, decimals nine digits on both sides; no leading zeros",
        offset: offset)
    }
    return (ExpressionNode(.literal(value), at: offset), 1)
  }

  private var next: ExpressionToken { tokens[min(place, tokens.count - 1)] }

  private mutating func skip(_ symbol: String) -> Bool {
    guard next.kind == .symbol(symbol) else { return false }
    place += 1
    return true
  }

  /// Guards the descent itself; the caller decreases `depth` again.
  private mutating func deepen() throws(ExpressionFault) {
    depth += 1
    guard depth <= ExpressionParser.depthMax else { throw tooDeep(at: next.offset) }
  }

  private func branch(
    _ kind: ExpressionNode.Kind, at offset: Int, over children: [Branch]
  ) throws(ExpressionFault) -> Branch {
    let height = children.reduce(0) { max($0, $1.height) } + 1
    guard height <= ExpressionParser.depthMax else { throw tooDeep(at: offset) }
    return (ExpressionNode(kind, at: offset), height)
  }
}

extension ExpressionDescent {
  private func tooDeep(at offset: Int) -> ExpressionFault {
    ExpressionFault(
      code: "expression-too-deep",
      message: "the expression nests deeper than \(ExpressionParser.depthMax) levels",
      hint: "chains of operators count as levels; split the expression", offset: offset)
  }

  private func unknown(_ name: String, at offset: Int) -> ExpressionFault {
    let roots = ["inputs", "tasks", "item", "index", "run", "true", "false", "null"]
    let hint: String
    if name == "secrets" {
      hint = "secrets stand alone, as ${{ secrets.NAME }}, in env and in headers of http"
    } else if name == "not" {
      hint = "write ! for 'not'"
    } else if context.inputs[name] != nil {
      hint = "did you mean inputs.\(name)?"
    } else if let task = TaskName(name), context.tasks[task] != nil {
      hint = "did you mean tasks.\(name)?"
    } else if let function = ExpressionFunction(rawValue: name) {
      hint = "did you mean \(function.signature)?"
    } else if let nearest = NearestMatch.of(name, among: roots) {
      hint = "did you mean \(nearest)?"
    } else {
      hint = "names start with inputs, tasks, item, index or run; text stands in single quotes"
    }
    return ExpressionFault(
      code: "unknown-name", message: "'\(name)' means nothing here", hint: hint, offset: offset)
  }

  private func unexpected(after what: String) -> ExpressionFault {
    let hint =
      switch next.kind {
      case .name("and"): "write && for 'and'"
      case .name("or"): "write || for 'or'"
      default: "an operator, or the end, is expected after \(what)"
      }
    return unexpected(hint: hint)
  }

  private func unexpected(hint: String) -> ExpressionFault {
    syntax("unexpected \(next.text)", hint: hint)
  }

  private func syntax(_ message: String, hint: String, at offset: Int? = nil) -> ExpressionFault {
    ExpressionFault(
      code: "expression-syntax", message: message, hint: hint, offset: offset ?? next.offset)
  }
}
