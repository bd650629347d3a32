internal import Ports

/// The fields of a head, and what those say that decide where the message ends.
///
/// There is exactly one way to read a message here. Whatever two parties could read in two ways
/// (RFC 9112 §6.3, §11.2) is refused.
struct HeadFields: Sendable {
  private(set) var fields = HTTPFields()
  private(set) var hosts: [String] = []
  private(set) var wantsClose = false
  private(set) var expectations: [String] = []
  private var lengths: [Int] = []
  private var codings: [String] = []

  mutating func append(_ line: Span<UInt8>) throws(HTTPRefusal) {
    let (field, nameLength) = try FieldLine.parse(line)
    fields.fields.append(field)
    let name = line.extracting(first: nameLength)
    switch nameLength {
    case 4 where name.isSame(as: "host"):
      hosts.append(field.value)
    case 6 where name.isSame(as: "expect"):
      expectations.append(field.value)
    case 10 where name.isSame(as: "connection"):
      readConnection(field.value)
    case 14 where name.isSame(as: "content-length"):
      lengths.append(try HeadFields.length(field.value))
    case 17 where name.isSame(as: "transfer-encoding"):
      codings.append(field.value)
    default:
      break
    }
  }

  /// Where the body ends; nil when the head says nothing about it.
  func framing(minorVersion: Int) throws(HTTPRefusal) -> BodyFraming? {
    if let coding = codings.first {
      guard lengths.isEmpty else {
        throw .malformed("both Content-Length and Transfer-Encoding")
      }
      guard codings.count == 1 else { throw .malformed("more than one Transfer-Encoding") }
      guard minorVersion == 1 else { throw .malformed("Transfer-Encoding in HTTP/1.0") }
      guard coding.utf8.count == 7, HTTPField(coding, "").isNamed("chunked") else {
        throw HTTPRefusal(
          501, "transfer-coding-unsupported", "the only transfer coding that is known is chunked")
      }
      return .chunked
    }
    guard lengths.count <= 1 else { throw .malformed("more than one Content-Length") }
    return lengths.first.map { .length($0) }
  }

  private mutating func readConnection(_ value: String) {
    for option in value.split(separator: ",") {
      let name = option.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
      if HTTPField(String(name), "").isNamed("close") { wantsClose = true }
    }
  }

  /// Digits only, no sign, no list, and at most 15 of them: more than a petabyte is nonsense.
  private static func length(_ text: String) throws(HTTPRefusal) -> Int {
    guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit),
      let length = Int(text)
    else { throw .malformed("a Content-Length that is not a number") }
    return length
  }
}
