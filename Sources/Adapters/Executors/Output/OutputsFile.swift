internal import Domain

/// The file that a process writes its outputs to: lines `name=value`, or `name<<WORD`, the lines of
/// the value, and a line `WORD`. A name that comes twice has its last value.
enum OutputsFile {
  struct Fault: Error, Hashable {
    var line: Int
    var message: String
  }

  static func parse(_ bytes: [UInt8]) throws(Fault) -> SortedMap<String, String> {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Fault(line: 1, message: "the file is not UTF-8")
    }
    var outputs: SortedMap<String, String> = [:]
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var place = 0
    while place < lines.count {
      let line = withoutReturn(lines[place])
      place += 1
      if line.isEmpty { continue }
      guard let (name, rest, isBlock) = head(of: line) else {
        throw Fault(line: place, message: "expected name=value or name<<WORD")
      }
      guard isBlock else {
        outputs[name] = String(rest)
        continue
      }
      let first = place
      while place < lines.count, withoutReturn(lines[place]) != rest { place += 1 }
      guard place < lines.count else {
        throw Fault(line: first, message: "'\(name)' has no end: a line '\(rest)' is missing")
      }
      outputs[name] = lines[first..<place].joined(separator: "\n")
      place += 1
    }
    return outputs
  }

  /// The name, what follows the sign, and whether the sign was `<<`; whichever sign comes first.
  private static func head(of line: Substring) -> (String, Substring, isBlock: Bool)? {
    guard let sign = line.firstIndex(where: { $0 == "=" || $0 == "<" }), sign > line.startIndex
    else { return nil }
    let name = String(line[..<sign])
    if line[sign] == "=" { return (name, line[line.index(after: sign)...], false) }
    guard line[sign...].hasPrefix("<<") else { return nil }
    let word = line[sign...].dropFirst(2)
    return word.isEmpty ? nil : (name, word, true)
  }

  private static func withoutReturn(_ line: Substring) -> Substring {
    line.last == "\r" ? line.dropLast() : line
  }
}
