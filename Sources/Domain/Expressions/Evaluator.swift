extension Expression {
  /// The value in `scope`. Pure: the same scope and limits give the same answer everywhere.
  ///
  /// - Throws: an `EvaluationFailure` when a value is missing, has a type that does not fit and was
  ///   not known before, overflows, or costs more than `limits` allow.
  public func evaluate(
    in scope: EvaluationScope, limits: EvaluationLimits = EvaluationLimits()
  ) throws(EvaluationFailure) -> Value {
    var evaluator = Evaluator(scope: scope, limits: limits)
    return try evaluator.result(of: self)
  }
}

/// One evaluation: the scope, and how much of the fuel is left.
struct Evaluator {
  let scope: EvaluationScope
  let limits: EvaluationLimits
  private(set) var fuel: Int

  init(scope: EvaluationScope, limits: EvaluationLimits) {
    self.scope = scope
    self.limits = limits
    fuel = limits.fuelMax
  }

  /// The value of a whole expression, checked against the limits on results.
  mutating func result(of expression: Expression) throws(EvaluationFailure) -> Value {
    let value = try value(of: expression.root, depth: 1)
    guard !value.isDeeper(than: limits.depthMax) else { throw EvaluationFailure.tooDeep(limits) }
    guard value.weight(upTo: limits.outputBytesMax) <= limits.outputBytesMax else {
      throw EvaluationFailure.tooLarge(limits)
    }
    return value
  }

  mutating func charge(_ steps: Int) throws(EvaluationFailure) {
    guard steps <= fuel else {
      fuel = 0
      throw EvaluationFailure(
        code: "fuel-exhausted",
        message: "the expression needs more than \(limits.fuelMax) steps")
    }
    fuel -= steps
  }

  mutating func charge(bytes: Int) throws(EvaluationFailure) { try charge(bytes / 64 + 1) }
  mutating func charge(items: Int) throws(EvaluationFailure) { try charge(items / 8 + 1) }

  /// Charges for reading the whole of a value, which is not read further than the fuel reaches.
  mutating func charge(reading value: Value) throws(EvaluationFailure) {
    let (bytes, overflow) = fuel.multipliedReportingOverflow(by: 64)
    try charge(bytes: value.weight(upTo: overflow ? .max : bytes))
  }

  mutating func value(of node: ExpressionNode, depth: Int) throws(EvaluationFailure) -> Value {
    try charge(1)
    guard depth <= limits.depthMax else {
      throw EvaluationFailure(
        code: "too-deep", message: "the expression nests deeper than \(limits.depthMax) levels")
    }
    switch node.kind {
    case .literal(let value): return value
    case .inputs: return .object(scope.inputs)
    case .run: return .object(scope.run)
    case .item:
      guard let item = scope.item else { throw .missing("missing-item", "there is no item") }
      return item
    case .index:
      guard let index = scope.index else { throw .missing("missing-item", "there is no index") }
      return .integer(Int64(index))
    case .outcome(let task): return .string(try facts(of: task).outcome.word)
    case .outputs(let task): return .object(try facts(of: task).outputs)
    case .member(let base, let name):
      return try member(name, of: base, depth: depth)
    case .element(let base, let place):
      return try element(place, of: base, depth: depth)
    case .list(let items):
      return .array(try values(of: items, depth: depth))
    case .unary(let symbol, let operand):
      return try unary(symbol, try value(of: operand, depth: depth + 1))
    case .binary(let symbol, let left, let right):
      return try binary(symbol, left, right, depth: depth)
    case .conditional(let condition, let then, let otherwise):
      let flag = try boolean(condition, of: "the condition before '?'", depth: depth)
      return try value(of: flag ? then : otherwise, depth: depth + 1)
    case .call(let function, let arguments):
      return try call(function, try values(of: arguments, depth: depth))
    case .matches(let text, let pattern):
      return try matches(try value(of: text, depth: depth + 1), pattern)
    }
  }

  private mutating func values(
    of nodes: [ExpressionNode], depth: Int
  ) throws(EvaluationFailure) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(nodes.count)
    for node in nodes { values.append(try value(of: node, depth: depth + 1)) }
    return values
  }

  private func facts(
    of task: TaskName
  ) throws(EvaluationFailure) -> EvaluationScope.TaskFacts {
    guard let facts = scope.tasks[task] else {
      throw .missing("missing-task", "nothing is known of task \(task)")
    }
    return facts
  }

  private mutating func member(
    _ name: String, of base: ExpressionNode, depth: Int
  ) throws(EvaluationFailure) -> Value {
    switch try value(of: base, depth: depth + 1) {
    case .object(let members):
      if let member = members[name] { return member }
      throw missing(name, of: base, among: members)
    case .null:
      throw .missing("missing-member", "null has no member '\(name)'")
    case let other:
      throw .mismatch("\(other.kindName) has no member '\(name)'")
    }
  }

  private func missing(
    _ name: String, of base: ExpressionNode, among members: SortedMap<String, Value>
  ) -> EvaluationFailure {
    if case .outputs(let task) = base.kind, let facts = scope.tasks[task] {
      return .missing(
        "missing-output",
        "task \(task) ended as \(facts.outcome.word) without output '\(name)'; "
          + "tasks.\(task).outputs.\(name) ?? … gives a value for that case")
    }
    let nearest = NearestMatch.of(name, among: members.keys)
    return .missing(
      "missing-member",
      "there is no member '\(name)'" + (nearest.map { "; did you mean '\($0)'?" } ?? ""))
  }

  private mutating func element(
    _ place: ExpressionNode, of base: ExpressionNode, depth: Int
  ) throws(EvaluationFailure) -> Value {
    let container = try value(of: base, depth: depth + 1)
    let key = try value(of: place, depth: depth + 1)
    switch (container, key) {
    case (.array(let items), _):
      guard let place = Number(key)?.whole else {
        throw .mismatch("array cannot be indexed with \(key.kindName)")
      }
      guard let index = Int(exactly: place), items.indices.contains(index) else {
        throw .missing(
          "index-out-of-range", "there is no item \(place) in an array of \(items.count)")
      }
      return items[index]
    case (.object(let members), .string(let name)):
      if let member = members[name] { return member }
      throw missing(name, of: base, among: members)
    case (.null, _):
      throw .missing("missing-member", "null has no elements")
    default:
      throw .mismatch("\(container.kindName) cannot be indexed with \(key.kindName)")
    }
  }

  private mutating func boolean(
    _ node: ExpressionNode, of what: String, depth: Int
  ) throws(EvaluationFailure) -> Bool {
    let found = try value(of: node, depth: depth + 1)
    guard case .boolean(let flag) = found else {
      throw .mismatch("\(what) is \(found.kindName), not boolean")
    }
    return flag
  }

  private mutating func binary(
    _ symbol: BinaryOperator, _ left: ExpressionNode, _ right: ExpressionNode, depth: Int
  ) throws(EvaluationFailure) -> Value {
    switch symbol {
    case .and, .or:
      let name = symbol.rawValue
      let flag = try boolean(left, of: "the left side of '\(name)'", depth: depth)
      if flag == (symbol == .or) { return .boolean(flag) }
      return .boolean(try boolean(right, of: "the right side of '\(name)'", depth: depth))
    case .coalesce:
      let found: Value
      do {
        found = try value(of: left, depth: depth + 1)
      } catch {
        guard error.isAbsence else { throw error }
        found = .null
      }
      return found == .null ? try value(of: right, depth: depth + 1) : found
    case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual, .plus, .minus, .times,
      .over, .modulo:
      let leftValue = try value(of: left, depth: depth + 1)
      let rightValue = try value(of: right, depth: depth + 1)
      return try binary(symbol, leftValue, rightValue)
    }
  }
}

extension EvaluationFailure {
  /// Failures that say "it is not there", which `??` answers.
  var isAbsence: Bool {
    switch code {
    case "missing-member", "missing-output", "missing-item", "missing-task", "index-out-of-range",
      "empty-array":
      true
    default: false
    }
  }

  static func missing(_ code: String, _ message: String) -> EvaluationFailure {
    EvaluationFailure(code: code, message: message)
  }

  static func mismatch(_ message: String) -> EvaluationFailure {
    EvaluationFailure(code: "type-mismatch", message: message)
  }

  static func invalid(_ message: String) -> EvaluationFailure {
    EvaluationFailure(code: "invalid-argument", message: message)
  }

  static func overflow(_ what: String) -> EvaluationFailure {
    EvaluationFailure(
      code: "overflow",
      message: "the result of \(what) does not fit: whole numbers have 64 bits, "
        + "decimals lie within ±9,223,372,036")
  }

  static func tooDeep(_ limits: EvaluationLimits) -> EvaluationFailure {
    EvaluationFailure(
      code: "output-too-deep", message: "the value nests deeper than \(limits.depthMax) levels")
  }

  static func tooLarge(_ limits: EvaluationLimits) -> EvaluationFailure {
    EvaluationFailure(
      code: "output-too-large",
      message: "the value is larger than \(limits.outputBytesMax) bytes; pass large things as files"
    )
  }
}
