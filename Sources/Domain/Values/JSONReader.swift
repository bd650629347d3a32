/// A recursive descent over the bytes of a JSON text.
struct JSONReader {
  let bytes: [UInt8]
  let limits: JSONLimits
  var place = 0
  private var path: [Step] = []
  private var valuesSoFar = 0

  /// One step of the way from the root to the value that is being read.
  private enum Step {
    case name(String)
    case index(Int)
  }

  init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws(JSONFault) -> JSONNode {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
      throw fault(.byteOrderMark, "it starts with a byte order mark")
    }
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw fault(.invalidUTF8, "it is not UTF-8", at: error.byteOffsets.lowerBound)
    }
    let node = try value(depth: 0)
    skipBlanks()
    guard place == bytes.count else {
      throw fault(.trailingBytes, "something follows the value")
    }
    return node
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSONNode {
    skipBlanks()
    guard let first = current else { throw fault(.syntax, "a value is missing") }
    let start = place
    valuesSoFar += 1
    guard valuesSoFar <= limits.valuesMax else {
      throw fault(.tooManyValues, "it has more than \(limits.valuesMax) values")
    }
    switch first {
    case UInt8(ascii: "{"): return JSONNode(.object(try object(depth: depth + 1)), at: start)
    case UInt8(ascii: "["): return JSONNode(.array(try array(depth: depth + 1)), at: start)
    case UInt8(ascii: "\""): return JSONNode(.string(try string()), at: start)
    case UInt8(ascii: "-"), 0x30...0x39: return JSONNode(.number(try number()), at: start)
    default: return JSONNode(try word(), at: start)
    }
  }

  // MARK: Arrays and objects

  private mutating func object(depth: Int) throws(JSONFault) -> [JSONMember] {
    try enter(depth)
    var members: [JSONMember] = []
    while try hasNext(isFirst: members.isEmpty, before: "}") {
      guard members.count < limits.membersMax else {
        throw fault(.tooManyMembers, "an object has more than \(limits.membersMax) members")
      }
      skipBlanks()
      guard current == UInt8(ascii: "\"") else {
        throw fault(.syntax, "a member's name in double quotes is missing")
      }
      let start = place
      let name = try string()
      guard skip(":") else { throw fault(.syntax, "':' is missing after the name of a member") }
      path.append(.name(name))
      members.append(JSONMember(name: name, offset: start, node: try value(depth: depth)))
      path.removeLast()
    }
    if let second = JSONReader.duplicate(in: members) {
      throw fault(
        .duplicateName, "an object has two members called '\(second.name)'", at: second.offset)
    }
    return members
  }

  private mutating func array(depth: Int) throws(JSONFault) -> [JSONNode] {
    try enter(depth)
    var items: [JSONNode] = []
    while try hasNext(isFirst: items.isEmpty, before: "]") {
      path.append(.index(items.count))
      items.append(try value(depth: depth))
      path.removeLast()
    }
    return items
  }

  /// Moves over the opening bracket.
  private mutating func enter(_ depth: Int) throws(JSONFault) {
    guard depth <= limits.depthMax else {
      throw fault(.tooDeep, "it nests deeper than \(limits.depthMax) levels")
    }
    place += 1
  }

  /// Moves over the comma before the next entry, or over the closing bracket.
  private mutating func hasNext(
    isFirst: Bool, before end: Unicode.Scalar
  ) throws(JSONFault) -> Bool {
    if skip(end) { return false }
    guard isFirst || skip(",") else { throw fault(.syntax, "',' or '\(end)' is missing") }
    return true
  }

  /// The later member of a pair with the same name.
  private static func duplicate(in members: [JSONMember]) -> JSONMember? {
    guard members.count > 8 else {
      for (place, member) in members.enumerated()
      where members[..<place].contains(where: { $0.name == member.name }) {
        return member
      }
      return nil
    }
    let sorted = members.sorted { left, right in
      left.name == right.name ? left.offset < right.offset : left.name < right.name
    }
    return zip(sorted, sorted.dropFirst()).first { $0.name == $1.name }?.1
  }

  // MARK: Words and numbers

  private mutating func word() throws(JSONFault) -> JSONNode.Kind {
    for (word, kind) in [
      ("null", JSONNode.Kind.null), ("true", .boolean(true)), ("false", .boolean(false)),
    ]
    where bytes[place...].starts(with: word.utf8) {
      place += word.utf8.count
      return kind
    }
    throw fault(
      .syntax, "it is neither null, true, false, a number, a string, an array nor an object")
  }

  private mutating func number() throws(JSONFault) -> JSONNumber {
    let start = place
    _ = skipByte("-")
    let whole = skipDigits()
    guard whole > 0 else { throw fault(.syntax, "a number has no digit behind its '-'") }
    guard whole == 1 || bytes[place - whole] != UInt8(ascii: "0") else {
      throw fault(.syntax, "a number starts with a zero that means nothing", at: start)
    }
    let isFractional = skipByte(".")
    if isFractional, skipDigits() == 0 {
      throw fault(.syntax, "a number has no digit behind its point")
    }
    let hasExponent = skipByte("e") || skipByte("E")
    if hasExponent {
      _ = skipByte("+") || skipByte("-")
      guard skipDigits() > 0 else {
        throw fault(.syntax, "a number has no digit in its exponent")
      }
    }
    guard place - start <= limits.numberBytesMax else {
      throw fault(
        .numberTooLong, "a number is longer than \(limits.numberBytesMax) characters", at: start)
    }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    guard let value = Value(numberText: text, isRounding: limits.isRounding) else {
      throw fault(
        .numberOutOfRange,
        "\(text) is no whole number of 64 bits and no decimal with nine digits after its point",
        at: start)
    }
    return JSONNumber(value, isWrittenWhole: !isFractional && !hasExponent)
  }

  /// How many there were.
  private mutating func skipDigits() -> Int {
    let start = place
    while let byte = current, (0x30...0x39).contains(byte) { place += 1 }
    return place - start
  }

  // MARK: Strings

  private mutating func string() throws(JSONFault) -> String {
    let start = place
    place += 1
    var resolved: [UInt8] = []
    var clean = place
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        let last = bytes[clean..<place]
        try check(length: resolved.count + last.count, from: start)
        place += 1
        if resolved.isEmpty { return String(decoding: last, as: UTF8.self) }
        return String(decoding: resolved + last, as: UTF8.self)
      case UInt8(ascii: "\\"):
        resolved += bytes[clean..<place]
        try check(length: resolved.count, from: start)
        place += 1
        resolved += UTF8.encode(try escape()) ?? UTF8.encodedReplacementCharacter
        clean = place
      case 0x00...0x1f:
        throw fault(.controlCharacter, "a control character stands in a string")
      default:
        place += 1
      }
    }
    throw fault(.syntax, "a string does not end", at: start)
  }

  private func check(length: Int, from start: Int) throws(JSONFault) {
    guard length <= limits.stringBytesMax else {
      throw fault(
        .stringTooLong, "a string is longer than \(limits.stringBytesMax) bytes", at: start)
    }
  }

  /// After the backslash.
  private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
    let start = place
    guard let letter = current else { throw fault(.syntax, "a string ends within an escape") }
    place += 1
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try codePoint()
    default: throw fault(.syntax, "an unknown escape stands in a string", at: start)
    }
  }

  private mutating func codePoint() throws(JSONFault) -> Unicode.Scalar {
    let start = place - 2
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) {
      guard first != 0 || limits.isNullCharacterAllowed else {
        throw fault(.nullCharacter, "the character U+0000 stands in a string", at: start)
      }
      return scalar
    }
    let isPair = (0xd800...0xdbff).contains(first) && skipByte("\\") && skipByte("u")
    guard isPair, case let second = try hexadecimal(), (0xdc00...0xdfff).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw fault(.loneSurrogate, "half a surrogate pair stands in a string", at: start) }
    return scalar
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    var number: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = JSONReader.hexadecimalDigit(byte) else {
        throw fault(.syntax, "'\\u' wants four hexadecimal digits")
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

  // MARK: Bytes

  private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipByte(_ character: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  /// Blanks in front included.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    return skipByte(character)
  }

  private mutating func skipBlanks() {
    while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      place += 1
    }
  }

  private func fault(
    _ code: JSONFault.Code, _ message: String, at offset: Int? = nil
  ) -> JSONFault {
    let pointer = path.map { step in
      switch step {
      case .name(let name): "/" + SourcePath.escaped(name)
      case .index(let index): "/\(index)"
      }
    }
    let offset = offset ?? place
    return JSONFault(
      code, message: message, offset: offset, position: SourcePosition(ofByte: offset, in: bytes),
      pointer: pointer.joined())
  }
}
