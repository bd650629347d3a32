internal import Domain

/// The text of a document after it was found to be text: valid UTF-8, printable, not too long.
struct SourceText {
  /// Without a byte order mark.
  let bytes: ArraySlice<UInt8>

  init(_ bytes: [UInt8], limits: DocumentLimits) throws(Finding) {
    guard bytes.count <= limits.bytesMax else {
      throw Finding(
        code: "document-too-large",
        message: "the document has \(bytes.count) bytes; at most \(limits.bytesMax) are read",
        hint: "split the workflow in two, or move large texts into files", position: .start)
    }
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    self.bytes = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
    try SourceText.check(self.bytes)
  }

  private static func check(_ bytes: ArraySlice<UInt8>) throws(Finding) {
    var decoder = Unicode.UTF8()
    var input = bytes.makeIterator()
    var position = SourcePosition.start
    var last: Unicode.Scalar = " "
    while true {
      switch decoder.decode(&input) {
      case .emptyInput:
        return
      case .error:
        throw Finding(
          code: "invalid-utf8", message: "the document is not UTF-8 from here on",
          hint: "save the file as UTF-8", position: position)
      case .scalarValue(let scalar):
        guard isAllowed(scalar) else { throw refusal(of: scalar, at: position) }
        // A line ends with LF, CR or CR LF.
        if scalar == "\n", last == "\r" {
          position.column = 1
        } else if scalar == "\n" || scalar == "\r" {
          position = SourcePosition(line: position.line + 1, column: 1)
        } else {
          position.column += 1
        }
        last = scalar
      }
    }
  }

  /// The printable characters of YAML without the line breaks that only version 1.1 knows, which
  /// would make our line numbers differ from those of the author's editor.
  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7e, 0x09, 0x0a, 0x0d: true
    case 0x2028, 0x2029: false
    case 0xa0...0xd7ff, 0xe000...0xfffd: true
    case 0x10000...0x10ffff: true
    default: false
    }
  }

  private static func refusal(of scalar: Unicode.Scalar, at position: SourcePosition) -> Finding {
    let code = String(scalar.value, radix: 16, uppercase: true)
    let name = "U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code
    return Finding(
      code: "invalid-character", message: "the character \(name) may not stand in a document",
      hint: "remove it, or write it as an escape between double quotes", position: position)
  }

  /// The file's lines, for looking at the indentation of blocks.
  func lineStarts() -> [Int] {
    var starts = [bytes.startIndex]
    var last: UInt8 = 0
    for (place, byte) in zip(bytes.indices, bytes) {
      if byte == UInt8(ascii: "\n"), last == UInt8(ascii: "\r") {
        starts[starts.count - 1] = place + 1
      } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        starts.append(place + 1)
      }
      last = byte
    }
    return starts
  }
}
