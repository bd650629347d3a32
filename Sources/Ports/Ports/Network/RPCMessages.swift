/// A remote call as its caller makes it.
public struct RPCCall: Sendable {
  /// The full name of the service, such as `millrace.rpc.v1.Scheduler`.
  public var service: String
  public var method: String
  /// Where to call it, as `host:port`; nil for any process that serves it.
  public var address: String?
  /// What travels beside the messages, such as `authorization` and `traceparent`. Names are in
  /// lower case. The values of names that end in `-bin` are base64.
  public var metadata: HTTPFields
  /// How long the whole call may take, its streams included.
  public var within: Duration

  public init(
    _ service: String, _ method: String, at address: String? = nil, metadata: HTTPFields = [],
    within: Duration
  ) {
    self.service = service
    self.method = method
    self.address = address
    self.metadata = metadata
    self.within = within
  }
}

/// A remote call as its handler sees it.
///
/// The handler's task is cancelled as soon as nobody waits for the answer any more: when the
/// deadline has passed, when the caller has cancelled, and when the connection was lost.
public struct RPCRequest: Sendable {
  public var service: String
  public var method: String
  /// As the caller sent it; a caller from outside may send anything.
  public var metadata: HTTPFields
  /// How long the caller waited at most when the call arrived; nil when it set no deadline.
  public var within: Duration?
  /// The caller's address for logs and limits; empty for a caller in the same process.
  public var peer: String
  /// What the caller sends: one message of a unary call, else any number of them.
  public var messages: any RPCSource

  public init(
    service: String, method: String, metadata: HTTPFields = [], within: Duration? = nil,
    peer: String = "", messages: any RPCSource
  ) {
    self.service = service
    self.method = method
    self.metadata = metadata
    self.within = within
    self.peer = peer
    self.messages = messages
  }
}

/// The messages of one direction of a call, pulled one by one; what is not pulled holds the sender
/// back.
public protocol RPCSource: Sendable {
  /// The next message, as whole as it was sent; nil at the end. One task at a time asks.
  ///
  /// - Throws: the status of the call, when it is not OK; `.resourceExhausted` for a message larger
  ///   than allowed. Every later call throws the same. Cancellation counts as `.cancelled`.
  func next() async throws(RPCError) -> [UInt8]?
}

/// Takes the messages of one direction of a call.
public protocol RPCSink: Sendable {
  /// Returns when there is room for more. One task at a time writes.
  ///
  /// - Throws: the status of the call, when it is over.
  func write(_ message: [UInt8]) async throws(RPCError)
}

/// A call under way, with messages in both directions at once.
///
/// Letting go of it cancels the call, unless its answer has been read to the end.
public protocol RPCExchange: RPCSource, RPCSink {
  /// Says that no more messages will be written. The answer may go on.
  func finish() async

  /// Ends the call: its handler is cancelled, and `next` and `write` throw `.cancelled`.
  func cancel()
}

/// What else is known about a remote call's status: one message of a type that both sides know.
public struct RPCDetail: Hashable, Sendable {
  /// Such as `type.googleapis.com/google.rpc.RetryInfo`.
  public var type: String
  public var value: [UInt8]

  public init(type: String, value: [UInt8]) {
    self.type = type
    self.value = value
  }
}

/// Decides who may make remote calls from outside of the process.
public protocol RPCGuard: Sendable {
  /// Asked before a handler sees anything of a call; its messages must not be read.
  ///
  /// - Throws: `.unauthenticated` or `.permissionDenied`, which the caller gets to see.
  func admit(_ request: RPCRequest) async throws(RPCError)
}

/// Which remote services an address offers besides HTTP, and to whom.
///
/// The health service (`grpc.health.v1.Health`) is always among them, and asks no guard.
public struct RPCExposure: Sendable {
  /// Full names. What they are served by is said with `Network.serve(rpc:)`, before or after.
  public var services: [String]
  public var admits: any RPCGuard
  /// Descriptions of the services (serialized `google.protobuf.FileDescriptorProto`, each behind
  /// those that it imports), for clients that ask what there is. Empty means that nobody is told.
  public var descriptors: [[UInt8]]

  public init(
    _ services: [String], admits: any RPCGuard, descriptors: [[UInt8]] = []
  ) {
    self.services = services
    self.admits = admits
    self.descriptors = descriptors
  }
}
