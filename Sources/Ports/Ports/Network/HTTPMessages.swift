/// One header field. Names compare without case; values are as sent, without surrounding blanks.
public struct HTTPField: Hashable, Sendable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// The fields of a message, in order.
public struct HTTPFields: Hashable, Sendable, ExpressibleByArrayLiteral {
  public var fields: [HTTPField]

  public init(_ fields: [HTTPField] = []) {
    self.fields = fields
  }

  public init(arrayLiteral fields: HTTPField...) {
    self.fields = fields
  }

  /// The value of the only field with this name; nil when there is none or more than one. A
  /// repeated security header must never be read by its first value.
  public subscript(name: String) -> String? {
    let values = all(name)
    return values.count == 1 ? values[0] : nil
  }

  public func all(_ name: String) -> [String] {
    fields.filter { $0.isNamed(name) }.map(\.value)
  }
}

extension HTTPField {
  /// Whether this field has that name; ASCII letters compare without case.
  public func isNamed(_ other: String) -> Bool {
    guard name.utf8.count == other.utf8.count else { return false }
    return zip(name.utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
  }
}

extension UInt8 {
  fileprivate var lowercasedASCII: UInt8 {
    self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
  }
}

/// A request as a handler sees it: head complete, body still arriving.
public struct HTTPRequest: Sendable {
  public var method: String
  /// The path of the target as sent, still percent-encoded, without the query.
  public var path: String
  /// What follows `?`, still percent-encoded; nil when there is no `?`.
  public var query: String?
  public var fields: HTTPFields
  public var body: any HTTPBodySource
  /// The peer's address for logs and limits.
  public var peer: String

  public init(
    method: String, path: String, query: String? = nil, fields: HTTPFields = [],
    body: any HTTPBodySource = EmptyBody(), peer: String = ""
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.fields = fields
    self.body = body
    self.peer = peer
  }
}

/// The body of a message, pulled piece by piece; what is not pulled holds the sender back.
public protocol HTTPBodySource: Sendable {
  /// The next bytes, not empty; nil at the end. One task at a time asks.
  ///
  /// - Throws: `.tooLarge` when the whole body is larger than allowed, if the sender announced it
  ///   even before its first piece; `.malformed`, `.disconnected` or `.timedOut` when the rest will
  ///   never come. Every later call throws the same. Cancellation counts as `.disconnected`.
  func next() async throws(HTTPError) -> [UInt8]?

  /// Sets the limit of this whole body, in place of the receiver's default. Who raises it does
  /// something with each piece instead of keeping them all.
  func allow(upTo bytesMax: Int) async
}

extension HTTPBodySource {
  public func allow(upTo bytesMax: Int) async {}

  /// The whole body, at most as large as allowed.
  public func collect() async throws(HTTPError) -> [UInt8] {
    guard var whole = try await next() else { return [] }
    while let piece = try await next() { whole += piece }
    return whole
  }
}

public struct EmptyBody: HTTPBodySource {
  public init() {}
  public func next() async throws(HTTPError) -> [UInt8]? { nil }
}

/// A response: a head, and a body that is known or is written as it comes.
public struct HTTPResponse: Sendable {
  public enum Body: Sendable {
    case bytes([UInt8])
    /// Called once after the head was sent. Returning ends the body; throwing cuts the connection,
    /// so that a half body is never taken for a whole one.
    case stream(@Sendable (any HTTPBodySink) async throws -> Void)
  }

  public var status: Int
  public var fields: HTTPFields
  public var body: Body

  public init(status: Int, fields: HTTPFields = [], body: Body = .bytes([])) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

/// Takes a body piece by piece. `write` returns when there is room for more, and throws when the
/// peer has gone or has not read for too long.
public protocol HTTPBodySink: Sendable {
  func write(_ bytes: [UInt8]) async throws(HTTPError)
}

public enum HTTPError: Error, Hashable, Sendable {
  /// The message is larger than allowed.
  case tooLarge
  /// The peer sent something that is not HTTP as we accept it.
  case malformed(String)
  /// The peer went away or did not answer in time. A request may have been carried out.
  case disconnected
  /// No connection was made: the request was surely not carried out.
  case unreachable(String)
  case timedOut
}

/// Answers requests. Never throws: what goes wrong is a response.
public protocol HTTPHandler: Sendable {
  func respond(to request: HTTPRequest) async -> HTTPResponse
}
