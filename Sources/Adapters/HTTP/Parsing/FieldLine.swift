internal import Ports

/// One line of a head as a field.
enum FieldLine {
  static func parse(_ line: Span<UInt8>) throws(HTTPRefusal) -> (field: HTTPField, nameLength: Int)
  {
    guard let first = line.indices.first.map({ line[$0] }) else {
      throw .malformed("an empty header field")
    }
    if first == .space || first == .tab {
      throw .malformed("a header field continued on the next line")
    }
    let length = try nameLength(of: line)
    let rest = line.extracting(droppingFirst: length + 1)
    let value = rest.extracting(rest.trimmed())
    for index in value.indices where !value[index].isFieldValue {
      throw .malformed("a control character in a header field")
    }
    guard let name = line.extracting(first: length).text, let text = value.text else {
      throw .malformed("a header field that is not UTF-8")
    }
    return (HTTPField(name, text), length)
  }

  private static func nameLength(of line: Span<UInt8>) throws(HTTPRefusal) -> Int {
    for index in line.indices {
      let byte = line[index]
      if byte.isToken { continue }
      if byte == .colon, index > 0 { return index }
      if byte == .space || byte == .tab {
        throw .malformed("a blank in the name of a header field")
      }
      throw .malformed("a header field without a proper name")
    }
    throw .malformed("a header field without a colon")
  }
}
