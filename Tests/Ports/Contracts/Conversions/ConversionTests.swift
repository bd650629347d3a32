import Contracts
import Domain
import Testing
import Wire

@Suite struct ConversionTests {
  static let values: [Value] = [
    .null, .boolean(true), .boolean(false), .integer(0), .integer(.min), .integer(.max),
    .decimal(Decimal(scaled: -1)), .decimal(Decimal(scaled: .max)), .string(""), .string("häuß\n"),
    .array([]), .array([.null, .array([.integer(1)]), .object([:])]),
    .object(["b": .integer(2), "a": .object(["": .string("x")])]),
  ]

  @Test(arguments: values)
  func `a value survives the way through bytes`(value: Value) throws {
    let bytes = ValueMessage(value).encoded()
    #expect(Value(try ValueMessage(decoding: bytes)) == value)
  }

  /// What an expression may make, a record must be able to hold, in the deepest message around it.
  @Test func `the deepest value that an expression makes survives`() throws {
    var deepest = Value.null
    for level in 0..<EvaluationLimits().depthMax {
      deepest = level.isMultiple(of: 2) ? .array([deepest]) : .object(["a": deepest])
    }
    let view = ListTasksResponse(tasks: [TaskView(outputs: ["x": ValueMessage(deepest)])])
    let read = try ListTasksResponse(decoding: view.encoded())
    #expect(read.tasks.first?.outputs["x"].flatMap(Value.init) == deepest)
  }

  @Test func `a value message without a known kind is no value`() {
    #expect(Value(ValueMessage()) == nil)
    #expect(Value(ValueMessage(kind: .list(.init(items: [ValueMessage()])))) == nil)
    #expect(Value(ValueMessage(kind: .object(.init(members: ["a": ValueMessage()])))) == nil)
    #expect(SortedMap<String, Value>(["a": ValueMessage()]) == nil)
  }

  @Test func `a map of values survives the way through a record`() throws {
    let inputs: SortedMap<String, Value> = ["region": .string("eu"), "count": .integer(3)]
    let record = RunRecord(run: "run_1", inputs: inputs.messages)
    let decoded = try RunRecord(decoding: record.encoded())
    #expect(SortedMap<String, Value>(decoded.inputs) == inputs)
  }

  @Test func `a reason survives, with and without an end`() throws {
    let reason = Reason(
      code: "backoff", message: "waits", since: Moment(microseconds: -5),
      until: Moment(microseconds: 0), blockers: ["a", "b"])
    let endless = Reason(code: "needs-unmet", message: "", since: Moment(microseconds: 7))
    for reason in [reason, endless] {
      #expect(Reason(try ReasonMessage(decoding: ReasonMessage(reason).encoded())) == reason)
    }
    #expect(Reason(ReasonMessage()) == nil)
  }

  static let types: [ValueType] = [
    .boolean, .integer, .number, .string, .any, .array(of: .array(of: .string)), .object(nil),
    .object([:]), .object(["a": .any, "b": .array(of: .object(["c": .integer]))]),
  ]

  @Test(arguments: types)
  func `a value type survives the way through bytes`(type: ValueType) throws {
    let bytes = ValueTypeMessage(type).encoded()
    #expect(ValueType(try ValueTypeMessage(decoding: bytes)) == type)
  }

  @Test func `a value type message that says too little is no type`() {
    #expect(ValueType(ValueTypeMessage()) == nil)
    #expect(ValueType(ValueTypeMessage(kind: .unrecognized(99))) == nil)
    #expect(ValueType(ValueTypeMessage(kind: .array)) == nil)
    #expect(
      ValueType(
        ValueTypeMessage(kind: .object, members: ["a": ValueTypeMessage()], hasMembers: true))
        == nil)
  }
}
