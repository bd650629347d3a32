/// Reads expressions and checks their types.
public enum ExpressionParser {
  public static let sourceBytesMax = 4 << 10
  /// How high the tree of an expression may be.
  public static let depthMax = 64

  /// Reads and checks an expression; the type is that of its value.
  public static func parse(
    _ source: String, in context: ExpressionContext
  ) throws(ExpressionFault) -> (Expression, ValueType) {
    let (expression, blanks) = try read(source, for: context)
    do {
      return (expression, try check(expression, in: context))
    } catch {
      throw error.shifted(by: blanks)
    }
  }

  /// Reads an expression without knowing what its names mean.
  public static func parse(_ source: String) throws(ExpressionFault) -> Expression {
    try read(source, for: ExpressionContext()).0
  }

  /// The type of the value that `expression` has in every scope that fits `context`; faults point
  /// into `expression.source`.
  public static func check(
    _ expression: Expression, in context: ExpressionContext
  ) throws(ExpressionFault) -> ValueType {
    let checker = ExpressionChecker(context: context)
    return try checker.type(of: expression.root) ?? .any
  }

  /// The expression and how many blanks stand before it. The context serves for hints only.
  private static func read(
    _ source: String, for context: ExpressionContext
  ) throws(ExpressionFault) -> (Expression, Int) {
    guard source.utf8.count <= sourceBytesMax else {
      throw ExpressionFault(
        code: "expression-too-long", message: "the expression is longer than 4 KiB",
        hint: "split it into outputs of several tasks", offset: 0)
    }
    let scalars = source.unicodeScalars
    let tail = scalars.drop(while: \.isExpressionBlank)
    let blanks = scalars.count - tail.count
    let end = tail.lastIndex { !$0.isExpressionBlank }.map(tail.index(after:)) ?? tail.startIndex
    let trimmed = String(tail[..<end])
    do {
      var lexer = ExpressionLexer(trimmed)
      var descent = ExpressionDescent(tokens: try lexer.tokens(), context: context)
      return (Expression(source: trimmed, root: try descent.document()), blanks)
    } catch {
      throw error.shifted(by: blanks)
    }
  }
}
