/// Reads the XML that S3 answers with: elements and text, attributes skipped, five entities and
/// numbers of characters. Documents that declare types, hold comments, instructions or sections, or
/// are deeper or longer than answers are, are not read.
struct XMLReader {
  private static let depthMax = 8
  private static let elementsMax = 20_000

  private var rest: ArraySlice<UInt8>
  private var elements = 0

  private init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// The root of the document; nil when it is not what S3 writes.
  static func root(_ bytes: [UInt8]) -> XMLElement? {
    var reader = XMLReader(bytes)
    reader.skipBlanks()
    if reader.skip("<?xml ") {
      guard reader.take(until: "?>") != nil else { return nil }
      reader.skipBlanks()
    }
    guard reader.skip("<"), let root = reader.element(depth: 1) else { return nil }
    reader.skipBlanks()
    return reader.rest.isEmpty ? root : nil
  }

  /// The rest of an element whose `<` was read.
  private mutating func element(depth: Int) -> XMLElement? {
    elements += 1
    guard depth <= XMLReader.depthMax, elements <= XMLReader.elementsMax,
      let name = takeName(), let isEmpty = skipAttributes()
    else { return nil }
    var element = XMLElement(name: XMLReader.local(name))
    if isEmpty { return element }
    var text: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "&"):
        guard let character = takeReference() else { return nil }
        text += Array(String(character).utf8)
      case UInt8(ascii: "<"):
        if skip("/") {
          guard skip(name) else { return nil }
          skipBlanks()
          guard skip(">"), let all = String(validating: text, as: UTF8.self) else { return nil }
          // Blanks between elements are layout.
          element.text = element.children.isEmpty ? all : ""
          return element
        }
        guard let child = self.element(depth: depth + 1) else { return nil }
        element.children.append(child)
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func takeName() -> String? {
    let name = rest.prefix {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: ":"):
        true
      default: false
      }
    }
    guard (1...128).contains(name.count) else { return nil }
    rest = rest.dropFirst(name.count)
    return String(decoding: name, as: UTF8.self)
  }

  /// Whether the element ends here; nil when it is broken.
  private mutating func skipAttributes() -> Bool? {
    while true {
      skipBlanks()
      if skip(">") { return false }
      if skip("/>") { return true }
      guard takeName() != nil else { return nil }
      skipBlanks()
      guard skip("=") else { return nil }
      skipBlanks()
      let quote = skip("\"") ? "\"" : skip("'") ? "'" : ""
      guard !quote.isEmpty, let value = take(until: quote), !value.contains(UInt8(ascii: "<"))
      else { return nil }
    }
  }

  private mutating func takeReference() -> Character? {
    guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
    rest = rest[(end + 1)...]
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default: break
    }
    let number =
      name.hasPrefix("#x")
      ? UInt32(name.dropFirst(2), radix: 16)
      : name.hasPrefix("#") ? UInt32(name.dropFirst(1)) : nil
    return number.flatMap(Unicode.Scalar.init).map(Character.init)
  }

  private mutating func take(until end: String) -> ArraySlice<UInt8>? {
    let end = Array(end.utf8)
    var place = rest.startIndex
    while place + end.count <= rest.endIndex {
      if rest[place...].starts(with: end) {
        defer { rest = rest[(place + end.count)...] }
        return rest[rest.startIndex..<place]
      }
      place += 1
    }
    return nil
  }

  private mutating func skip(_ text: String) -> Bool {
    guard rest.starts(with: text.utf8) else { return false }
    rest = rest.dropFirst(text.utf8.count)
    return true
  }

  private mutating func skipBlanks() {
    rest = rest.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
  }

  private static func local(_ name: String) -> String {
    name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
  }
}
