extension Template {
  /// The text with every expression replaced by its value: strings as they are, null as nothing,
  /// everything else as canonical JSON. `limits` hold for the whole.
  public func rendered(
    in scope: EvaluationScope, limits: EvaluationLimits = EvaluationLimits()
  ) throws(EvaluationFailure) -> String {
    var evaluator = Evaluator(scope: scope, limits: limits)
    return try evaluator.text(of: self)
  }
}

extension Template {
  /// As `rendered`, secrets by their names.
  public func secretText(
    in scope: EvaluationScope, limits: EvaluationLimits = EvaluationLimits()
  ) throws(EvaluationFailure) -> SecretText {
    var evaluator = Evaluator(scope: scope, limits: limits)
    var pieces: [SecretText.Piece] = []
    for part in parts {
      switch part {
      case .secret(let name): pieces.append(.secret(name))
      case .text, .expression: pieces.append(.text(try evaluator.text(of: Template([part]))))
      }
    }
    return SecretText(pieces)
  }
}

extension Evaluator {
  mutating func text(of template: Template) throws(EvaluationFailure) -> String {
    var rendered = ""
    for part in template.parts {
      switch part {
      case .text(let text): rendered += text
      case .expression(let expression): rendered += try result(of: expression).text
      case .secret(let name):
        throw EvaluationFailure(
          code: "not-available", message: "secret \(name) is not known before the task runs")
      }
      guard rendered.utf8.count <= limits.outputBytesMax else {
        throw EvaluationFailure.tooLarge(limits)
      }
    }
    return rendered
  }
}
