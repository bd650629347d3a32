import Domain

/// One workflow's worth of names, and values that fit them.
enum ExpressionScene {
  static let context = ExpressionContext(
    inputs: [
      "n": .integer, "ratio": .number, "name": .string, "is-on": .boolean,
      "regions": .array(of: .string), "numbers": .array(of: .integer),
      "point": .object(["x": .integer, "y": .integer]), "free": .object(nil), "any": .any,
      "matrix": .array(of: .array(of: .integer)),
    ],
    tasks: [
      name("build"): ["image": .string, "size": .integer],
      name("each-one"): ["code": .array(of: .integer)],
      name("skipped"): ["report": .string],
    ],
    item: .object(["os": .string, "level": .integer]), hasIndex: true, hasRunOutcome: true)

  static let scope = EvaluationScope(
    inputs: [
      "n": .integer(7), "ratio": decimal("2.5"), "name": .string("Grüße, O'Neil"),
      "is-on": .boolean(true), "regions": .array([.string("eu"), .string("us"), .string("eu")]),
      "numbers": .array([.integer(3), .integer(1), .integer(2)]),
      "point": .object(["x": .integer(1), "y": .integer(-1)]),
      "free": .object(["a": .integer(1), "b c": .null, "list": .array([.integer(5)])]),
      "any": .string("text"),
      "matrix": .array([.array([.integer(1)]), .array([.integer(2), .integer(3)]), .array([])]),
    ],
    tasks: [
      name("build"): .init(
        outcome: .succeeded, outputs: ["image": .string("app:1"), "size": .integer(40)]),
      name("each-one"): .init(
        outcome: .failed, outputs: ["code": .array([.integer(0), .null, .integer(1)])]),
      name("skipped"): .init(outcome: .skipped),
    ],
    item: .object(["os": .string("linux"), "level": .integer(2)]), index: 4,
    run: [
      "id": .string("run_1"), "workflow": .string("ship"), "namespace": .string("default"),
      "outcome": .string("failed"),
    ])

  static func name(_ text: String) -> TaskName { TaskName(unchecked: text) }

  static func decimal(_ text: String) -> Value {
    Decimal(text: text).map(Value.decimal) ?? .null
  }

  /// The canonical JSON of the value, or the code of the fault or failure in angle brackets.
  static func answer(_ source: String, limits: EvaluationLimits = EvaluationLimits()) -> String {
    do {
      return try ExpressionParser.parse(source, in: context).0
        .evaluate(in: scope, limits: limits).json
    } catch let fault as ExpressionFault {
      return "<\(fault.code)@\(fault.offset)>"
    } catch let failure as EvaluationFailure {
      return "<\(failure.code)>"
    } catch {
      return "<\(error)>"
    }
  }
}
