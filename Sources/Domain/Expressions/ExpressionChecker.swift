/// Finds the type of an expression, or why it has none.
///
/// `any` goes with everything and is checked when the expression is evaluated. The type nil is that
/// of a bare `null`. That a value may be missing at run time is not part of its type.
struct ExpressionChecker {
  let context: ExpressionContext

  func type(of node: ExpressionNode) throws(ExpressionFault) -> ValueType? {
    switch node.kind {
    case .literal(let value): return ExpressionChecker.type(of: value)
    case .inputs: return .object(context.inputs)
    case .run: return .object(context.run)
    case .item: return try item(at: node.offset)
    case .index: return try index(at: node.offset)
    case .outcome(let task):
      _ = try outputs(of: task, at: node.offset)
      return .string
    case .outputs(let task): return .object(try outputs(of: task, at: node.offset))
    case .member(let base, let name): return try member(name, of: base, at: node.offset)
    case .element(let base, let place): return try element(place, of: base, at: node.offset)
    case .list(let items): return .array(of: try join(items) ?? .any)
    case .unary(let symbol, let operand): return try unary(symbol, operand)
    case .binary(let symbol, let left, let right):
      return try binary(symbol, left, right, at: node.offset)
    case .conditional(let condition, let then, let otherwise):
      try require(.boolean, condition, of: "the condition before '?'")
      return try join([then, otherwise])
    case .call(let function, let arguments):
      var types: [ValueType?] = []
      for argument in arguments { types.append(try type(of: argument)) }
      return try FunctionTyping(function: function, arguments: arguments, types: types).result()
    case .matches(let text, _):
      try require(.string, text, of: "the first argument of matches")
      return .boolean
    }
  }

  private static func type(of value: Value) -> ValueType? {
    switch value {
    case .null: nil
    case .boolean: .boolean
    case .integer: .integer
    case .decimal: .number
    case .string: .string
    // Only trees made by hand have such literals.
    case .array, .object: .any
    }
  }

  private func item(at offset: Int) throws(ExpressionFault) -> ValueType {
    guard let item = context.item else {
      throw fault(
        "not-available", "there is no item here", "only a task with forEach has one", offset)
    }
    return item
  }

  private func index(at offset: Int) throws(ExpressionFault) -> ValueType {
    guard context.hasIndex else {
      throw fault(
        "not-available", "there is no index here", "only a task with forEach has one", offset)
    }
    return .integer
  }

  private func outputs(
    of task: TaskName, at offset: Int
  ) throws(ExpressionFault) -> SortedMap<String, ValueType> {
    if let outputs = context.tasks[task] { return outputs }
    let nearest = NearestMatch.of(task.text, among: context.tasks.keys.lazy.map(\.text))
    throw fault(
      "unknown-task", "no task '\(task)' has surely ended here",
      nearest.map { "did you mean \($0)?" } ?? "add it to the needs of this task", offset)
  }

  private func member(
    _ name: String, of base: ExpressionNode, at offset: Int
  ) throws(ExpressionFault) -> ValueType {
    let type = try type(of: base)
    switch type {
    case .any?, .object(nil)?: return .any
    case .object(let members?)?:
      if let member = members[name] { return member }
      throw unknownMember(name, of: base, among: members, at: offset)
    default:
      throw fault(
        "type-mismatch", "\(describe(type)) has no member '\(name)'",
        "only objects have members", offset)
    }
  }

  private func unknownMember(
    _ name: String, of base: ExpressionNode, among members: SortedMap<String, ValueType>,
    at offset: Int
  ) -> ExpressionFault {
    let (code, message): (String, String)
    var hint = members.isEmpty ? "there are none" : "there are: " + list(members.keys)
    switch base.kind {
    case .inputs:
      (code, message) = ("unknown-input", "there is no input '\(name)'")
    case .outputs(let task):
      (code, message) = ("unknown-output", "task \(task) declares no output '\(name)'")
    case .run:
      (code, message) = ("unknown-member", "run has no '\(name)'")
      if name == "outcome" { hint = "only tasks of finally may read run.outcome" }
    default:
      (code, message) = ("unknown-member", "the object has no member '\(name)'")
    }
    if let nearest = NearestMatch.of(name, among: members.keys) {
      hint = "did you mean \(nearest)?"
    }
    if let minus = name.firstIndex(of: "-"), members[String(name[..<minus])] != nil {
      hint = "'-' belongs to the name; to subtract, put a blank before it"
    }
    return fault(code, message, hint, offset)
  }

  private func element(
    _ place: ExpressionNode, of base: ExpressionNode, at offset: Int
  ) throws(ExpressionFault) -> ValueType {
    let baseType = try type(of: base)
    let placeType = try type(of: place)
    switch baseType {
    case .any?:
      guard let placeType, ValueType.integer.admits(placeType) || placeType == .string else {
        throw fault(
          "type-mismatch", "\(describe(placeType)) is neither a place nor a name",
          "index an array with an integer, an object with a string", place.start)
      }
      return .any
    case .array(let item)?:
      try require(.integer, placeType, of: "the index of an array", at: place.start)
      return item
    case .object(let members)?:
      try require(.string, placeType, of: "the index of an object", at: place.start)
      guard let members else { return .any }
      guard case .literal(.string(let name)) = place.kind else { return .any }
      if let member = members[name] { return member }
      throw unknownMember(name, of: base, among: members, at: place.start)
    default:
      let hint = baseType == .string ? "use slice(text, from, to)" : "only arrays and objects do"
      throw fault("type-mismatch", "\(describe(baseType)) has no elements", hint, offset)
    }
  }

  private func unary(
    _ symbol: UnaryOperator, _ operand: ExpressionNode
  ) throws(ExpressionFault) -> ValueType {
    switch symbol {
    case .not:
      try require(.boolean, operand, of: "the operand of '!'")
      return .boolean
    case .negative:
      return try require(.number, operand, of: "the operand of '-'") == .integer
        ? .integer : .number
    }
  }

  private func binary(
    _ symbol: BinaryOperator, _ left: ExpressionNode, _ right: ExpressionNode, at offset: Int
  ) throws(ExpressionFault) -> ValueType? {
    switch symbol {
    case .and, .or:
      try require(.boolean, left, of: "the left side of '\(symbol.rawValue)'")
      try require(.boolean, right, of: "the right side of '\(symbol.rawValue)'")
      return .boolean
    case .coalesce:
      return try join([left, right])
    case .equal, .unequal:
      try compare(left, right, with: symbol, at: offset)
      return .boolean
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      try order(left, right, with: symbol, at: offset)
      return .boolean
    case .plus:
      return try sum(left, right, at: offset)
    case .minus, .times, .over, .modulo:
      let leftType = try require(.number, left, of: "the left side of '\(symbol.rawValue)'")
      let rightType = try require(.number, right, of: "the right side of '\(symbol.rawValue)'")
      return symbol != .over && leftType == .integer && rightType == .integer ? .integer : .number
    }
  }

  private func compare(
    _ left: ExpressionNode, _ right: ExpressionNode, with symbol: BinaryOperator, at offset: Int
  ) throws(ExpressionFault) {
    guard let leftType = try type(of: left), let rightType = try type(of: right) else { return }
    guard leftType.overlaps(rightType) else {
      throw fault(
        "type-mismatch", "\(leftType.text) and \(rightType.text) are never equal",
        "convert one side with string(…) or number(…)", offset)
    }
    try checkOutcome(left, right)
    try checkOutcome(right, left)
  }

  /// A misspelt outcome would make a condition silently false for ever.
  private func checkOutcome(
    _ fact: ExpressionNode, _ word: ExpressionNode
  ) throws(ExpressionFault) {
    guard case .literal(.string(let text)) = word.kind else { return }
    let words: [String]
    switch fact.kind {
    case .outcome:
      words = TaskOutcome.allCases.map(\.word)
    case .member(let base, "outcome") where base.kind == .run:
      words = RunOutcome.allCases.map(\.word)
    default: return
    }
    guard !words.contains(text) else { return }
    throw fault(
      "unknown-outcome", "'\(text)' is no outcome",
      NearestMatch.of(text, among: words).map { "did you mean '\($0)'?" }
        ?? "there are: " + list(words), word.start)
  }

  private func order(
    _ left: ExpressionNode, _ right: ExpressionNode, with symbol: BinaryOperator, at offset: Int
  ) throws(ExpressionFault) {
    let leftType = try type(of: left)
    let rightType = try type(of: right)
    for wanted in [ValueType.number, .string] {
      if let leftType, let rightType, wanted.admits(leftType), wanted.admits(rightType) { return }
    }
    throw fault(
      "type-mismatch",
      "'\(symbol.rawValue)' cannot compare \(describe(leftType)) with \(describe(rightType))",
      "both sides must be numbers, or both strings", offset)
  }

  private func sum(
    _ left: ExpressionNode, _ right: ExpressionNode, at offset: Int
  ) throws(ExpressionFault) -> ValueType {
    let leftType = try type(of: left)
    let rightType = try type(of: right)
    if let leftType, let rightType {
      if leftType == .any, rightType == .any { return .any }
      for wanted in [ValueType.integer, .number, .string]
      where wanted.admits(leftType) && wanted.admits(rightType) {
        // An integer and something unknown may still have a fraction.
        return wanted == .integer && (leftType == .any || rightType == .any) ? .number : wanted
      }
      if ValueType.array(of: .any).admits(leftType), ValueType.array(of: .any).admits(rightType) {
        return leftType.joined(with: rightType).asArray
      }
    }
    throw fault(
      "type-mismatch", "'+' cannot add \(describe(leftType)) and \(describe(rightType))",
      "both must be numbers, strings or arrays; string(…) makes a text of anything", offset)
  }

  /// The type that covers all; nil when all are `null`.
  private func join(_ nodes: [ExpressionNode]) throws(ExpressionFault) -> ValueType? {
    var joined: ValueType?
    for node in nodes {
      guard let type = try type(of: node) else { continue }
      joined = joined?.joined(with: type) ?? type
    }
    return joined
  }

  @discardableResult
  private func require(
    _ wanted: ValueType, _ node: ExpressionNode, of what: String
  ) throws(ExpressionFault) -> ValueType {
    try require(wanted, try type(of: node), of: what, at: node.start)
  }

  @discardableResult
  private func require(
    _ wanted: ValueType, _ found: ValueType?, of what: String, at offset: Int
  ) throws(ExpressionFault) -> ValueType {
    guard let found, wanted.admits(found) else {
      let article = wanted == .integer ? "an" : "a"
      throw fault(
        "type-mismatch", "\(what) is \(describe(found)), not \(article) \(wanted.text)",
        ExpressionChecker.cure(for: wanted, found), offset)
    }
    return found
  }

  private static func cure(for wanted: ValueType, _ found: ValueType?) -> String {
    switch (wanted, found) {
    case (.boolean, _): "compare it with something, such as x == 'yes'"
    case (.integer, .number?): "use floor(…), ceil(…), round(…) or quotient(a, b)"
    case (.number, .string?), (.integer, .string?): "use number(…)"
    case (.string, _?): "use string(…)"
    default: "a value of another type is expected here"
    }
  }

  private func describe(_ type: ValueType?) -> String { type?.text ?? "null" }

  private func list(_ names: [String]) -> String {
    names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
  }

  private func fault(
    _ code: String, _ message: String, _ hint: String, _ offset: Int
  ) -> ExpressionFault {
    ExpressionFault(code: code, message: message, hint: hint, offset: offset)
  }
}

extension ValueType {
  /// This type when it is an array, otherwise an array of anything.
  var asArray: ValueType {
    if case .array = self { return self }
    return .array(of: .any)
  }

  /// What the items of an array of this type are.
  var element: ValueType {
    if case .array(let element) = self { return element }
    return .any
  }
}
