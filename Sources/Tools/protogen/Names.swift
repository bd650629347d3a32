/// From the names of `.proto` files to those of Swift.
enum Names {
  /// `started_at_us` becomes `startedAtUs`.
  static func member(_ name: String) throws(SchemaError) -> String {
    var result = ""
    var isUpper = false
    for character in name {
      if character == "_" {
        isUpper = !result.isEmpty
      } else {
        result += isUpper ? character.uppercased() : String(character)
        isUpper = false
      }
    }
    return try escaped(result.prefix(1).lowercased() + result.dropFirst())
  }

  /// `RESULT_TIMED_OUT` of the enum `Result` becomes `timedOut`.
  static func enumCase(_ name: String, of type: String) throws(SchemaError) -> String {
    let prefix = screaming(type) + "_"
    var rest = Substring(name)
    if name.hasPrefix(prefix) { rest = name.dropFirst(prefix.count) }
    if rest.first?.isLetter != true { rest = Substring(name) }
    return try member(rest.lowercased())
  }

  /// The name of a type, or of a oneof's type: `work` becomes `Work`.
  static func type(_ name: String) throws(SchemaError) -> String {
    let result = name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
      .joined()
    guard !takenTypes.contains(result) else {
      throw SchemaError(message: "the type name \(name) means something else in Swift; rename it")
    }
    return result
  }

  /// `millrace/records/v1/scheduler.proto` becomes `RecordsV1Scheduler`.
  static func file(_ path: String) -> String {
    let parts = path.split(separator: "/")
    let stem = parts.last?.split(separator: ".").first ?? ""
    return (parts.dropFirst(parts.count > 1 ? 1 : 0).dropLast() + [stem])
      .flatMap { $0.split(separator: "_") }
      .map { $0.prefix(1).uppercased() + $0.dropFirst() }
      .joined()
  }

  private static func screaming(_ type: String) -> String {
    var result = ""
    var previous: Character?
    for character in type {
      if character.isUppercase, previous?.isUppercase == false { result += "_" }
      result += character.uppercased()
      previous = character
    }
    return result
  }

  private static func escaped(_ name: String) throws(SchemaError) -> String {
    guard !takenMembers.contains(name) else {
      throw SchemaError(message: "the name \(name) means something else in Swift; rename it")
    }
    return keywords.contains(name) ? "`\(name)`" : name
  }

  /// Members that every generated message has, and names that backticks do not free.
  private static let takenMembers: [String] = [
    "self", "init", "encoded", "encode", "decode", "unknownFields", "hash", "hashValue",
  ]

  /// Types that generated code relies on.
  private static let takenTypes: [String] = [
    "Type", "Protocol", "Self", "Any", "Bool", "String", "Int", "Int32", "Int64", "UInt8",
    "UInt32", "UInt64", "Double", "Float", "Optional", "Array", "SortedMap", "Hashable", "Sendable",
    "WireMessage", "WireReader", "WireWriter", "WireError", "UnknownFields",
  ]

  private static let keywords: [String] = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
    "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
    "func", "guard", "if", "import", "in", "inout", "internal", "is", "let", "nil", "operator",
    "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return", "static",
    "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var",
    "where", "while",
  ]
}
