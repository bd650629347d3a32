import Domain
import Testing

@Suite struct CoreSchemaTests {
  @Test(arguments: [
    ("", Value.null), ("~", .null), ("null", .null), ("NULL", .null), ("nUll", .string("nUll")),
    ("true", .boolean(true)), ("False", .boolean(false)), ("yes", .string("yes")),
    ("no", .string("no")), ("on", .string("on")), ("off", .string("off")), ("y", .string("y")),
    ("0", .integer(0)), ("-0", .integer(0)), ("+7", .integer(7)), ("-42", .integer(-42)),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("0o17", .integer(15)), ("0xFf", .integer(255)), ("0b11", .string("0b11")),
    ("-0x1", .string("-0x1")), ("0x", .string("0x")), ("0o8", .string("0o8")),
    ("1.5", .decimal(Decimal(scaled: 1_500_000_000))),
    (".5", .decimal(Decimal(scaled: 500_000_000))),
    ("-1.25e-1", .decimal(Decimal(scaled: -125_000_000))), ("1.0", .integer(1)),
    ("1.", .integer(1)),
    ("1e3", .integer(1_000)), ("12e-1", .decimal(Decimal(scaled: 1_200_000_000))),
    ("0.000000001", .decimal(Decimal(scaled: 1))), ("0e999999999", .integer(0)),
    ("12:30", .string("12:30")), ("1_000", .string("1_000")), ("1.2.3", .string("1.2.3")),
    ("2026-01-01", .string("2026-01-01")), ("e3", .string("e3")), (".", .string(".")),
    ("-", .string("-")), ("+", .string("+")), ("1e", .string("1e")), ("1e+", .string("1e+")),
    ("١", .string("١")), ("<<", .string("<<")),
  ])
  func `resolves by the core schema of YAML 1.2`(_ text: String, _ value: Value) throws {
    #expect(try CoreSchema.resolve(text) == value)
  }

  @Test(arguments: [
    ("0123", "ambiguous-number"), ("-007", "ambiguous-number"), ("00", "ambiguous-number"),
    ("9223372036854775808", "number-out-of-range"), ("-9223372036854775809", "number-out-of-range"),
    ("1e19", "number-out-of-range"), ("9223372037.5", "number-out-of-range"),
    ("1e999999999999", "number-out-of-range"), ("0xffffffffffffffff", "number-out-of-range"),
    ("0.0000000001", "number-too-precise"), ("1e-10", "number-too-precise"),
    (".inf", "number-not-finite"), ("-.INF", "number-not-finite"), (".nan", "number-not-finite"),
  ])
  func `refuses numbers that it cannot hold exactly`(_ text: String, _ code: String) {
    let fault = #expect(throws: CoreSchema.Fault.self) { try CoreSchema.resolve(text) }
    #expect(fault?.code == code)
    #expect(fault?.hint.isEmpty == false)
  }
}
