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

  /// Like `serve(_:_:ready:)`, and answers remote calls to the services that `exposure` names at
  /// the same address. Nobody else reaches what `serve(rpc:)` registered in this process.
  ///
  /// A call to a service that is named but not registered now is `.unavailable`; to one that is not
  /// named, `.unimplemented`.
  func serve(
    _ address: String, _ handler: any HTTPHandler, exposing exposure: RPCExposure,
    ready: @Sendable (String) -> Void
  ) async throws(HTTPError)

  /// Registers what answers remote calls to a service name until the task is cancelled.
  func serve(rpc service: String, _ handler: any RPCHandler) async throws(RPCError)

  /// One unary call to any process that serves `service`, under a deadline.
  func call(
    _ service: String, _ method: String, _ request: [UInt8], within: Duration
  ) async throws(RPCError) -> [UInt8]

  /// Begins a call with messages in both directions, and returns at once or when a connection is
  /// made; what becomes of the call is told by the exchange.
  ///
  /// - Throws: `.unavailable` when nobody was reached: the call was surely not carried out.
  func open(_ call: RPCCall) async throws(RPCError) -> any RPCExchange
}

extension Network {
  public func serve(
    _ address: String, _ handler: any HTTPHandler, exposing exposure: RPCExposure,
    ready: @Sendable (String) -> Void
  ) async throws(HTTPError) {
    throw .unreachable("this network serves no remote calls at an address")
  }

  public func open(_ call: RPCCall) async throws(RPCError) -> any RPCExchange {
    throw RPCError(.unimplemented, "this network knows unary calls by name only")
  }

  /// One unary call with an address and metadata of its own.
  public func call(_ call: RPCCall, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    let exchange = try await open(call)
    // A handler may answer before it has read everything: what it says is in `next`.
    try? await exchange.write(request)
    await exchange.finish()
    guard let answer = try await exchange.next() else {
      throw RPCError(.internal, "\(call.service) answered without a message")
    }
    guard try await exchange.next() == nil else {
      throw RPCError(.internal, "\(call.service) answered with more than one message")
    }
    return answer
  }
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
  /// Answers a unary call.
  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8]

  /// Answers any call. Without an implementation of its own, every method is unary and none sees
  /// metadata.
  ///
  /// Returning ends the call well; throwing ends it with that status, after what was written.
  func answer(_ request: RPCRequest, to sink: any RPCSink) async throws(RPCError)
}

extension RPCHandler {
  public func answer(_ request: RPCRequest, to sink: any RPCSink) async throws(RPCError) {
    let message = try await request.messages.only()
    try await sink.write(try await answer(request.method, message))
  }
}

extension RPCSource {
  /// The message of a unary call.
  public func only() async throws(RPCError) -> [UInt8] {
    guard let message = try await next() else {
      throw RPCError(.invalidArgument, "a unary call without a message")
    }
    guard try await next() == nil else {
      throw RPCError(.invalidArgument, "a unary call with more than one message")
    }
    return message
  }
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
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    /// No answer: carried out or not, unless the network says that no connection was made.
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16
  }

  public var code: Code
  public var message: String
  public var details: [RPCDetail]

  public init(_ code: Code, _ message: String, details: [RPCDetail] = []) {
    self.code = code
    self.message = message
    self.details = details
  }
}
