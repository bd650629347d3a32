import Domain
import Testing

@Suite struct ValueTypeTests {
  private static let point = ValueType.object(["x": .integer, "y~/z": .array(of: .number)])

  @Test(arguments: [
    (ValueType.any, Value.null), (.boolean, .boolean(false)), (.integer, .integer(1)),
    (.integer, .decimal(Decimal(scaled: 2 * Decimal.scale))), (.number, .integer(1)),
    (.number, .decimal(Decimal(scaled: 1))), (.string, .string("")),
    (.array(of: .string), .array([])),
    (.array(of: .any), .array([.null, .integer(1)])), (.object(nil), .object(["q": .null])),
    (point, .object(["x": .integer(1), "y~/z": .array([.integer(2)])])),
  ])
  func `a type accepts its values`(type: ValueType, value: Value) {
    #expect(type.accepts(value))
    #expect(type.mismatch(of: value) == nil)
  }

  @Test(arguments: [
    (ValueType.boolean, Value.string("true"), "", "expected boolean, found string"),
    (.integer, .decimal(Decimal(scaled: 1)), "", "expected integer, found decimal"),
    (.string, .null, "", "expected string, found null"),
    (
      .array(of: .array(of: .integer)),
      .array([.array([.integer(1)]), .array([.integer(1), .string("2")])]), "/1/1",
      "expected integer, found string"
    ),
    (.object(nil), .array([]), "", "expected object, found array"),
    (point, .object(["x": .integer(1)]), "", "member 'y~/z' (array of number) is missing"),
    (
      point, .object(["x": .integer(1), "y~/z": .array([.null])]), "/y~0~1z/0",
      "expected number, found null"
    ),
    (
      point, .object(["w": .null, "x": .integer(1), "y~/z": .array([])]), "/w",
      "member 'w' is not one of x, y~/z"
    ),
  ])
  func `a mismatch names the place and both types`(
    type: ValueType, value: Value, pointer: String, message: String
  ) {
    #expect(type.mismatch(of: value) == TypeMismatch(pointer: pointer, message: message))
    #expect(!type.accepts(value))
  }

  @Test func `types are written as documents write them`() {
    #expect(ValueTypeTests.point.text == "object {x: integer, y~/z: array of number}")
    #expect(ValueType.array(of: .array(of: .any)).text == "array of array")
  }

  @Test(arguments: [
    (ValueType.number, ValueType.integer, true), (.integer, .number, false),
    (.any, .string, true), (.string, .any, true), (.array(of: .number), .array(of: .integer), true),
    (.array(of: .string), .array(of: .integer), false), (.object(nil), point, true),
    (point, .object(nil), true), (point, .object(["x": .integer]), false),
    (.string, .object(nil), false), (.boolean, .boolean, true),
  ])
  func `a type admits what may be used in its place`(
    wanted: ValueType, found: ValueType, isAdmitted: Bool
  ) {
    #expect(wanted.admits(found) == isAdmitted)
  }
}
