/// A checked expression: total, typed and without side effects.
///
/// Made by `ExpressionParser` from the text between `${{` and `}}`; evaluated against an
/// `EvaluationScope`, within fuel and output limits. The language is in `docs/expressions.md`.
public struct Expression: Hashable, Sendable {
  /// The text as the author wrote it, without the braces, trimmed.
  public var source: String
  public var root: ExpressionNode

  public init(source: String, root: ExpressionNode) {
    self.source = source
    self.root = root
  }

  /// The tasks whose outcome or outputs it reads.
  public var references: SortedSet<TaskName> {
    var names: SortedSet<TaskName> = []
    var pending = [root]
    while let node = pending.popLast() {
      switch node.kind {
      case .outcome(let name), .outputs(let name): names.insert(name)
      default: pending += node.children
      }
    }
    return names
  }
}
