internal import Domain

/// The file that a process writes its outputs to: lines `name=value`, or `name<<WORD`, the lines of
/// the value, and a line `WORD`. A name that comes twice has its last value.
///
/// Read byte by byte: `\r\n` is one character to Swift, and so is a sign with an accent behind it.
enum OutputsFile {
  struct Fault: Error, Hashable {
    var line: Int
    var message: String
  }

  private typealias Bytes = ArraySlice<UInt8>

  static func parse(_ bytes: [UInt8]) throws(Fault) -> SortedMap<String, String> {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Fault(line: 1, message: "the file is not UTF-8")
    }
    var outputs: SortedMap<String, String> = [:]
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var place = 0
    while place < lines.count {
      let line = withoutReturn(lines[place])
      place += 1
      if line.isEmpty { continue }
      guard let (name, rest, isBlock) = head(of: line) else {
        throw Fault(line: place, message: "expected name=value or name<<WORD")
      }
      guard isBlock else {
        outputs[name] = text(rest)
        continue
      }
      let first = place
      while place < lines.count, withoutReturn(lines[place]) != rest { place += 1 }
      guard place < lines.count else {
        throw Fault(
          line: first, message: "'\(name)' has no end: a line '\(text(rest))' is missing")
      }
      outputs[name] = text(Array(lines[first..<place].joined(separator: "\n".utf8))[...])
      place += 1
    }
    return outputs
  }

  /// The name, what follows the sign, and whether the sign was `<<`; whichever sign comes first.
  private static func head(of line: Bytes) -> (String, Bytes, isBlock: Bool)? {
    let (equal, less) = (UInt8(ascii: "="), UInt8(ascii: "<"))
    guard let sign = line.firstIndex(where: { $0 == equal || $0 == less }), sign > line.startIndex
    else { return nil }
    let name = text(line[..<sign])
    let rest = line[(sign + 1)...]
    if line[sign] == equal { return (name, rest, false) }
    guard rest.first == less, rest.count > 1 else { return nil }
    return (name, rest.dropFirst(), true)
  }

  private static func text(_ bytes: Bytes) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func withoutReturn(_ line: Bytes) -> Bytes {
    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }
}
