/// The tree of an expression, each node with its place in the source.
public struct ExpressionNode: Hashable, Sendable {
  public indirect enum Kind: Hashable, Sendable {
    case literal(Value)
    /// The object of all inputs.
    case inputs
    case outcome(TaskName)
    /// The object of all outputs of a task.
    case outputs(TaskName)
    case item
    case index
    /// The object of what is known of the run.
    case run
    case member(ExpressionNode, String)
    case element(ExpressionNode, ExpressionNode)
    case list([ExpressionNode])
    case unary(UnaryOperator, ExpressionNode)
    case binary(BinaryOperator, ExpressionNode, ExpressionNode)
    case conditional(ExpressionNode, then: ExpressionNode, otherwise: ExpressionNode)
    case call(ExpressionFunction, [ExpressionNode])
    /// The one function whose second argument is not a value: it was compiled when it was read.
    case matches(ExpressionNode, Pattern)
  }

  public var kind: Kind
  /// In Unicode scalars from the start of `Expression.source`: where messages point to.
  public var offset: Int

  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  /// Where the text of the whole node starts: `offset` may point to an operator or a member.
  public var start: Int {
    var node = self
    while true {
      switch node.kind {
      case .member(let base, _), .element(let base, _), .binary(_, let base, _),
        .conditional(let base, _, _):
        node = base
      case .literal, .inputs, .outcome, .outputs, .item, .index, .run, .list, .unary, .call,
        .matches:
        return node.offset
      }
    }
  }

  /// The nodes right below this one, from left to right.
  public var children: [ExpressionNode] {
    switch kind {
    case .literal, .inputs, .outcome, .outputs, .item, .index, .run: []
    case .member(let base, _): [base]
    case .element(let base, let place): [base, place]
    case .list(let items): items
    case .unary(_, let operand): [operand]
    case .binary(_, let left, let right): [left, right]
    case .conditional(let condition, let then, let otherwise): [condition, then, otherwise]
    case .call(_, let arguments): arguments
    case .matches(let text, _): [text]
    }
  }
}

public enum UnaryOperator: String, Hashable, Sendable, CaseIterable {
  case not = "!"
  case negative = "-"
}

/// Operators between two operands, all grouping to the left but `??`.
public enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
  case or = "||"
  case and = "&&"
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case coalesce = "??"
  case plus = "+"
  case minus = "-"
  case times = "*"
  case over = "/"
  case modulo = "%"

  /// The greater, the tighter it binds.
  public var precedence: Int {
    switch self {
    case .or: 1
    case .and: 2
    case .equal, .unequal: 3
    case .less, .lessOrEqual, .greater, .greaterOrEqual: 4
    case .coalesce: 5
    case .plus, .minus: 6
    case .times, .over, .modulo: 7
    }
  }
}
