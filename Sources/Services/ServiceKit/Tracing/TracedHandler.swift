internal import Domain
internal import Ports

/// Answers remote calls in the trace of their caller, and tells of each that is recorded.
struct TracedHandler: RPCHandler {
  private let service: String
  private let handler: any RPCHandler
  private let context: ServiceContext

  init(_ service: String, _ handler: any RPCHandler, _ context: ServiceContext) {
    self.service = service
    self.handler = handler
    self.context = context
  }

  /// Of a caller in the same process, whose place the task has already.
  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    try await traced(CurrentTrace.context, method) { () throws(RPCError) in
      try await handler.answer(method, request)
    }
  }

  func answer(_ request: RPCRequest, to sink: any RPCSink) async throws(RPCError) {
    let named = request.metadata[SpanNames.header].flatMap(TraceContext.init(traceparent:))
    try await traced(named ?? CurrentTrace.context, request.method) { () throws(RPCError) in
      try await handler.answer(request, to: sink)
    }
  }

  private func traced<Answer: Sendable>(
    _ caller: TraceContext?, _ method: String,
    _ answer: () async throws(RPCError) -> Answer
  ) async throws(RPCError) -> Answer {
    guard let caller else { return try await answer() }
    let here = context.span(under: caller)
    let start = context.time.now()
    let result = await CurrentTrace.$context.withValue(here) {
      do throws(RPCError) {
        return Result<Answer, RPCError>.success(try await answer())
      } catch {
        return .failure(error)
      }
    }
    if caller.isSampled { tell(here, caller.span, method, since: start, result.failure) }
    return try result.get()
  }

  private func tell(
    _ here: TraceContext, _ caller: SpanID, _ method: String, since start: Moment,
    _ failure: RPCError?
  ) {
    var attributes: SortedMap<String, TraceSpan.Attribute> = [
      SpanNames.rpcSystem: .text("grpc"), SpanNames.rpcMethod: .text("\(service)/\(method)"),
    ]
    if let failure { attributes[SpanNames.error] = .text("\(failure.code)") }
    context.telemetry.record(
      TraceSpan(
        "\(service)/\(method)", .server, here, under: caller, from: start, to: context.time.now(),
        attributes, failure: failure.flatMap { $0.isFault ? $0.message : nil }))
  }
}

extension Result {
  fileprivate var failure: Failure? {
    if case .failure(let failure) = self { failure } else { nil }
  }
}

extension RPCError {
  /// Whether it is the server's: what the caller did wrong is no failure of a server's span.
  fileprivate var isFault: Bool {
    switch code {
    case .unknown, .deadlineExceeded, .unimplemented, .internal, .unavailable, .dataLoss: true
    case .cancelled, .invalidArgument, .notFound, .alreadyExists, .permissionDenied,
      .resourceExhausted, .failedPrecondition, .aborted, .outOfRange, .unauthenticated:
      false
    }
  }
}
