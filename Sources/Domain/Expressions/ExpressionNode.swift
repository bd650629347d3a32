/// The tree of a checked expression.
public indirect enum ExpressionNode: Hashable, Sendable {
  case literal(Value)
}
