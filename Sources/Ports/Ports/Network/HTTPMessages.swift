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
    let wanted = name.lowercased()
    return fields.filter { $0.name.lowercased() == wanted }.map(\.value)
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
  /// The next bytes, not empty; nil at the end.
  func next() async throws(HTTPError) -> [UInt8]?
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
