/// Why a schema cannot be generated. The text names the thing and the way out.
struct SchemaError: Error, Hashable {
  var message: String
}

/// One `.proto` file in Swift terms: names settled, types resolved, recursion boxed.
struct Schema {
  struct Message {
    /// From the top level, such as `ValueMessage.List`.
    var path: String
    /// As protobuf names it, such as `millrace.common.v1.ValueMessage.List`.
    var fullName: String
    var name: String
    var comment: [String]
    var fields: [Field]
    var oneofs: [Oneof]
    var messages: [Message]
    var enums: [OpenEnum]
  }

  struct Field {
    enum Shape: Hashable {
      /// Absent means the default value.
      case plain
      /// Absent is a value of its own: `optional`, and every message.
      case optional
      case repeated(isPacked: Bool)
      case map(key: FieldType, value: FieldType)
      case oneof(Int)
    }

    var name: String
    var number: UInt32
    var type: FieldType
    var shape: Shape
    /// Part of a cycle of types: kept in an array of at most one.
    var isBoxed: Bool
    var comment: [String]
  }

  struct Oneof {
    var name: String
    var typeName: String
    /// Part of a cycle of types.
    var isIndirect: Bool
    var comment: [String]
  }

  struct OpenEnum {
    struct Case {
      var name: String
      var number: Int32
      var comment: [String]
    }

    var name: String
    var comment: [String]
    var cases: [Case]
  }

  struct Service {
    var name: String
    var fullName: String
    var comment: [String]
    var methods: [(name: String, swiftName: String, comment: [String])]
  }

  /// The path of the `.proto` file.
  var source: String
  /// The Swift file's name without its ending.
  var name: String
  var messages: [Message]
  var enums: [OpenEnum]
  var services: [Service]
}

/// What a field holds.
enum FieldType: Hashable {
  case double, float
  case int32, int64, uint32, uint64, sint32, sint64
  case fixed32, fixed64, sfixed32, sfixed64
  case bool, string, bytes
  /// An enum: its Swift name from the top level, and its case with the number 0.
  case open(String, zero: String)
  /// With the message's Swift name from the top level.
  case message(String)

  /// The number in `descriptor.proto`; the two kinds with a name come through `named`.
  init?(number: Int32, named name: String, zero: String) {
    switch number {
    case 1: self = .double
    case 2: self = .float
    case 3: self = .int64
    case 4: self = .uint64
    case 5: self = .int32
    case 6: self = .fixed64
    case 7: self = .fixed32
    case 8: self = .bool
    case 9: self = .string
    case 11: self = .message(name)
    case 12: self = .bytes
    case 13: self = .uint32
    case 14: self = .open(name, zero: zero)
    case 15: self = .sfixed32
    case 16: self = .sfixed64
    case 17: self = .sint32
    case 18: self = .sint64
    default: return nil
    }
  }

  var swiftName: String {
    switch self {
    case .double: "Double"
    case .float: "Float"
    case .int32, .sint32, .sfixed32: "Int32"
    case .int64, .sint64, .sfixed64: "Int64"
    case .uint32, .fixed32: "UInt32"
    case .uint64, .fixed64: "UInt64"
    case .bool: "Bool"
    case .string: "String"
    case .bytes: "[UInt8]"
    case .open(let name, _), .message(let name): name
    }
  }

  /// The default as an expression that has its type on its own.
  var typedDefault: String {
    switch self {
    case .string, .bool, .message: defaultValue
    case .open(let name, let zero): "\(name).\(zero)"
    case .bytes: "[UInt8]()"
    default: "\(swiftName)(0)"
    }
  }

  var isMessage: Bool {
    if case .message = self { true } else { false }
  }

  /// The default of a plain field.
  var defaultValue: String {
    switch self {
    case .bool: "false"
    case .string: "\"\""
    case .bytes: "[]"
    case .open(_, let zero): ".\(zero)"
    case .message(let name): "\(name)()"
    default: "0"
    }
  }

  /// The number in the low bits of a tag.
  var wireType: UInt32 {
    switch self {
    case .double, .fixed64, .sfixed64: 1
    case .float, .fixed32, .sfixed32: 5
    case .string, .bytes, .message: 2
    case .int32, .int64, .uint32, .uint64, .sint32, .sint64, .bool, .open: 0
    }
  }

  /// A condition that holds when `value` is not the default.
  func isNotDefault(_ value: String) -> String {
    switch self {
    case .bool: value
    case .string, .bytes: "!\(value).isEmpty"
    case .double, .float: "\(value).bitPattern != 0"
    case .open: "\(value).rawValue != 0"
    default: "\(value) != 0"
    }
  }

  /// The writer's method and the argument that it takes for `value`.
  func writing(_ value: String) -> (method: String, argument: String) {
    switch self {
    case .double: ("fixed64", "\(value).bitPattern")
    case .float: ("fixed32", "\(value).bitPattern")
    case .int32: ("int32", value)
    case .int64: ("int64", value)
    case .uint32: ("varint", "UInt64(\(value))")
    case .uint64: ("varint", value)
    case .sint32: ("zigzag", "Int64(\(value))")
    case .sint64: ("zigzag", value)
    case .fixed32: ("fixed32", value)
    case .fixed64: ("fixed64", value)
    case .sfixed32: ("fixed32", "UInt32(bitPattern: \(value))")
    case .sfixed64: ("fixed64", "UInt64(bitPattern: \(value))")
    case .bool: ("bool", value)
    case .string: ("string", value)
    case .bytes: ("data", value)
    case .open: ("int32", "\(value).rawValue")
    case .message: ("message", value)
    }
  }

  /// An expression that reads one value; it throws.
  var reading: String {
    switch self {
    case .double: "Double(bitPattern: reader.fixed64())"
    case .float: "Float(bitPattern: reader.fixed32())"
    case .int32: "reader.int32()"
    case .int64: "reader.int64()"
    case .uint32: "reader.uint32()"
    case .uint64: "reader.varint()"
    case .sint32: "reader.zigzag32()"
    case .sint64: "reader.zigzag64()"
    case .fixed32: "reader.fixed32()"
    case .fixed64: "reader.fixed64()"
    case .sfixed32: "Int32(bitPattern: reader.fixed32())"
    case .sfixed64: "Int64(bitPattern: reader.fixed64())"
    case .bool: "reader.bool()"
    case .string: "reader.string()"
    case .bytes: "reader.data()"
    case .open(let name, _): "\(name)(rawValue: reader.int32())"
    case .message: ""
    }
  }
}
