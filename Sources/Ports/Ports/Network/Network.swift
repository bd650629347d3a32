/// Carries requests between processes.
///
/// A call whose answer was lost may have been carried out, once; a call is never repeated by the
/// network itself.
public protocol Network: Sendable {
  /// Serves requests to `address` (`host:port`, port 0 picks one) until the task is cancelled, then
  /// drains. `ready` is told the bound address once requests are accepted.
  func serve(
    _ address: String, _ handler: any HTTPHandler, ready: @Sendable (String) -> Void
  ) async throws(HTTPError)

  /// Sends one request to an absolute `http` URL and returns when the head of the answer has come.
  func send(_ request: HTTPCall) async throws(HTTPError) -> HTTPAnswer

  /// Registers what answers remote calls to a service name until the task is cancelled.
  func serve(rpc service: String, _ handler: any RPCHandler) async throws(RPCError)

  /// One unary call to any process that serves `service`, under a deadline.
  func call(
    _ service: String, _ method: String, _ request: [UInt8], within: Duration
  ) async throws(RPCError) -> [UInt8]
}

/// A request to somewhere else.
public struct HTTPCall: Sendable {
  public var method: String
  public var url: String
  public var fields: HTTPFields
  public var body: [UInt8]
  /// Until the head of the answer, and then between any two pieces of its body.
  public var timeout: Duration

  public init(
    method: String, url: String, fields: HTTPFields = [], body: [UInt8] = [],
    timeout: Duration = .seconds(30)
  ) {
    self.method = method
    self.url = url
    self.fields = fields
    self.body = body
    self.timeout = timeout
  }
}

public struct HTTPAnswer: Sendable {
  public var status: Int
  public var fields: HTTPFields
  public var body: any HTTPBodySource

  public init(status: Int, fields: HTTPFields, body: any HTTPBodySource) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}

/// Answers remote calls: decode, act, encode.
public protocol RPCHandler: Sendable {
  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8]
}

/// A remote call's status other than OK, in the words of gRPC.
public struct RPCError: Error, Hashable, Sendable {
  public enum Code: Int, Hashable, Sendable {
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    /// The deadline passed: carried out or not.
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case unimplemented = 12
    case `internal` = 13
    /// No answer: carried out or not, unless the network says that no connection was made.
    case unavailable = 14
    case unauthenticated = 16
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
