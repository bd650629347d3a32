/// Why a text is no JSON value that we take.
public struct JSONFault: Error, Hashable, Sendable {
  /// A sentence without the place.
  public var message: String
  /// In bytes from the start of the text.
  public var offset: Int

  public init(message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }
}

/// What a JSON text may ask of its reader.
public struct JSONLimits: Hashable, Sendable {
  /// How deep arrays and objects may nest.
  public var depthMax: Int
  /// Members of one object.
  public var membersMax: Int
  /// Bytes of one number.
  public var numberBytesMax: Int
  /// Whether numbers with more than nine digits of fraction are rounded instead of refused.
  public var isRounding: Bool

  public init(
    depthMax: Int = 32, membersMax: Int = 1_000, numberBytesMax: Int = 40, isRounding: Bool = false
  ) {
    self.depthMax = depthMax
    self.membersMax = membersMax
    self.numberBytesMax = numberBytesMax
    self.isRounding = isRounding
  }
}

extension Value {
  /// Reads exactly one JSON value (RFC 8259): no duplicate names, no lone surrogates, no numbers
  /// that a value cannot hold. Linear in the length of the text.
  public init(json text: String, limits: JSONLimits = JSONLimits()) throws(JSONFault) {
    var reader = JSONReader(bytes: Array(text.utf8), limits: limits)
    self = try reader.document()
  }
}

/// A recursive descent over bytes that are known to be UTF-8.
private struct JSONReader {
  let bytes: [UInt8]
  let limits: JSONLimits
  var place = 0

  init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws(JSONFault) -> Value {
    let value = try value(depth: 0)
    skipBlanks()
    guard place == bytes.count else { throw fault("something follows the value") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONFault) -> Value {
    skipBlanks()
    guard place < bytes.count else { throw fault("a value is missing") }
    switch bytes[place] {
    case UInt8(ascii: "{"):
      return try object(depth: depth + 1)
    case UInt8(ascii: "["):
      return try array(depth: depth + 1)
    case UInt8(ascii: "\""):
      return .string(try string())
    case UInt8(ascii: "-"), 0x30...0x39:
      return try number()
    default:
      return try word()
    }
  }

  private mutating func object(depth: Int) throws(JSONFault) -> Value {
    let start = place
    guard depth <= limits.depthMax else {
      throw fault("it nests deeper than \(limits.depthMax) levels")
    }
    place += 1
    var pairs: [(String, Value)] = []
    while try hasNext(isFirst: pairs.isEmpty, before: "}") {
      guard pairs.count < limits.membersMax else {
        throw fault("an object has more than \(limits.membersMax) members")
      }
      skipBlanks()
      guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
        throw fault("a member's name in double quotes is missing")
      }
      let name = try string()
      guard skip(":") else { throw fault("':' is missing after the name of a member") }
      pairs.append((name, try value(depth: depth)))
    }
    let members = SortedMap(pairs)
    guard members.count == pairs.count else {
      throw JSONFault(message: "an object has two members of one name", offset: start)
    }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(JSONFault) -> Value {
    guard depth <= limits.depthMax else {
      throw fault("it nests deeper than \(limits.depthMax) levels")
    }
    place += 1
    var items: [Value] = []
    while try hasNext(isFirst: items.isEmpty, before: "]") {
      items.append(try value(depth: depth))
    }
    return .array(items)
  }

  /// Moves over the comma before the next entry, or over the closing bracket.
  private mutating func hasNext(
    isFirst: Bool, before end: Unicode.Scalar
  ) throws(JSONFault) -> Bool {
    if skip(end) { return false }
    guard isFirst || skip(",") else { throw fault("',' or '\(end)' is missing") }
    return true
  }

  private mutating func word() throws(JSONFault) -> Value {
    for (word, value) in [
      ("null", Value.null), ("true", .boolean(true)), ("false", .boolean(false)),
    ]
    where bytes[place...].starts(with: word.utf8) {
      place += word.utf8.count
      return value
    }
    throw fault("it is neither null, true, false, a number, a string, an array nor an object")
  }

  private mutating func number() throws(JSONFault) -> Value {
    let start = place
    while place < bytes.count, JSONReader.mayStandInNumber(bytes[place]) { place += 1 }
    guard place - start <= limits.numberBytesMax else {
      throw JSONFault(
        message: "a number is longer than \(limits.numberBytesMax) characters", offset: start)
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    guard let value = Value(numberText: text, isRounding: limits.isRounding) else {
      throw JSONFault(
        message: "'\(text)' is no whole number of 64 bits and no decimal of nine digits",
        offset: start)
    }
    return value
  }

  private static func mayStandInNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
      UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private mutating func string() throws(JSONFault) -> String {
    let start = place
    place += 1
    var text: [UInt8] = []
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\""):
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text += Array(String(try escape()).utf8)
      case 0x00...0x1f:
        place -= 1
        throw fault("a control character stands in a string")
      default:
        text.append(byte)
      }
    }
    throw JSONFault(message: "a string does not end", offset: start)
  }

  /// After the backslash.
  private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
    guard place < bytes.count else { throw fault("a string ends within an escape") }
    place += 1
    switch bytes[place - 1] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try codePoint()
    default:
      place -= 1
      throw fault("an unknown escape stands in a string")
    }
  }

  private mutating func codePoint() throws(JSONFault) -> Unicode.Scalar {
    let start = place
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xd800...0xdbff).contains(first), place + 1 < bytes.count,
      bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u")
    else { throw JSONFault(message: "half a surrogate pair stands in a string", offset: start) }
    place += 2
    let second = try hexadecimal()
    guard (0xdc00...0xdfff).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw JSONFault(message: "half a surrogate pair stands in a string", offset: start) }
    return scalar
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    var number: UInt32 = 0
    for _ in 0..<4 {
      guard place < bytes.count, let digit = JSONReader.hexadecimalDigit(bytes[place]) else {
        throw fault("'\\u' wants four hexadecimal digits")
      }
      number = number << 4 | digit
      place += 1
    }
    return number
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte) - 0x30
    case 0x41...0x46: UInt32(byte) - 0x41 + 10
    case 0x61...0x66: UInt32(byte) - 0x61 + 10
    default: nil
    }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func skipBlanks() {
    while place < bytes.count, JSONReader.isBlank(bytes[place]) { place += 1 }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
  }

  private func fault(_ message: String) -> JSONFault {
    JSONFault(message: message, offset: place)
  }
}
