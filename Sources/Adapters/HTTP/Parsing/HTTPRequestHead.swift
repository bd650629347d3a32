internal import Ports

/// The head of a request, understood.
struct HTTPRequestHead: Hashable, Sendable {
  var method: String
  var target: RequestTarget
  /// 1 for HTTP/1.1, 0 for HTTP/1.0.
  var minorVersion: Int
  var fields: HTTPFields
  /// Without a framing there is no body.
  var framing: BodyFraming?
  /// Whether the client may send another request behind this one; never with HTTP/1.0.
  var keepsAlive: Bool
  /// Whether the client waits for `100 Continue` before it sends the body.
  var expectsContinue: Bool

  /// What a server must know. Anything else is refused before a handler sees it.
  private static let methods: [StaticString] = [
    "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS",
  ]

  /// A head that came in another way than as lines.
  init(method: String, target: RequestTarget, fields: HTTPFields) {
    self.method = method
    self.target = target
    self.fields = fields
    minorVersion = 1
    framing = nil
    keepsAlive = true
    expectsContinue = false
  }

  init(lines: [Range<Int>], in bytes: Span<UInt8>) throws(HTTPRefusal) {
    guard let first = lines.first else { throw .malformed("an empty request") }
    var fields = HeadFields()
    (method, target, minorVersion) = try HTTPRequestHead.startLine(bytes.extracting(first))
    for line in lines.dropFirst() { try fields.append(bytes.extracting(line)) }
    framing = try fields.framing(minorVersion: minorVersion)
    self.fields = fields.fields
    keepsAlive = minorVersion == 1 && !fields.wantsClose
    expectsContinue = try HTTPRequestHead.readExpectation(fields.expectations)
    if minorVersion == 0 { expectsContinue = false }
    try checkHost(fields.hosts)
  }

  private static func startLine(
    _ line: Span<UInt8>
  ) throws(HTTPRefusal) -> (String, RequestTarget, Int) {
    var end = 0
    while end < line.count, line[end].isToken { end += 1 }
    guard end > 0, end < line.count, line[end] == .space else {
      throw .malformed("a request line without a proper method")
    }
    let rest = line.extracting(droppingFirst: end + 1)
    // The version is checked first: a preface of HTTP/2 has a method that nobody knows.
    let (targetLength, minorVersion) = try version(of: rest)
    let method = try knownMethod(line.extracting(first: end))
    let target = try RequestTarget.parse(rest.extracting(first: targetLength), method: method)
    return (method, target, minorVersion)
  }

  private static func version(
    of line: Span<UInt8>
  ) throws(HTTPRefusal) -> (targetLength: Int, minorVersion: Int) {
    let suffix = " HTTP/1.1".utf8.count
    guard line.count > suffix, line[line.count - suffix] == .space else {
      throw .malformed("a request line that is not METHOD TARGET HTTP/1.1")
    }
    let version = line.extracting(last: suffix - 1)
    let name = version.extracting(first: 5)
    guard name.isSame(as: "http/"), name[0] == UInt8(ascii: "H"), name[3] == UInt8(ascii: "P"),
      version[5].isDigit, version[6] == UInt8(ascii: "."), version[7].isDigit
    else { throw .malformed("a request line that is not METHOD TARGET HTTP/1.1") }
    guard version[5] == UInt8(ascii: "1"), version[7] <= UInt8(ascii: "1") else {
      throw HTTPRefusal(505, "version-unsupported", "this server speaks HTTP/1.1 and HTTP/1.0")
    }
    return (line.count - suffix, Int(version[7]) - 0x30)
  }

  static func knownMethod(_ bytes: Span<UInt8>) throws(HTTPRefusal) -> String {
    for method in methods where bytes.count == method.utf8CodeUnitCount {
      let isSame = method.withUTF8Buffer { wanted in
        wanted.indices.allSatisfy { wanted[$0] == bytes[$0] }
      }
      if isSame { return method.description }
    }
    throw HTTPRefusal(501, "method-unsupported", "this server does not know the request's method")
  }

  private static func readExpectation(_ values: [String]) throws(HTTPRefusal) -> Bool {
    guard let value = values.first else { return false }
    guard values.count == 1, HTTPField(value, "").isNamed("100-continue") else {
      throw HTTPRefusal(
        417, "expectation-unsupported", "the only expectation that is known is 100-continue")
    }
    return true
  }

  private func checkHost(_ hosts: [String]) throws(HTTPRefusal) {
    guard hosts.count <= 1 else { throw .malformed("more than one Host") }
    guard let host = hosts.first else {
      if minorVersion == 0, target.authority == nil { return }
      throw .malformed("no Host")
    }
    guard Authority.isValid(host) else { throw .malformed("a Host that is not a host name") }
    if let authority = target.authority, !HTTPField(authority, "").isNamed(host) {
      throw .malformed("a Host that differs from the request target")
    }
  }
}
