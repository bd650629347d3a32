internal import Domain
internal import Ports
internal import SystemAdapter

/// The remote calls of one server: which there are, and who answers them.
struct RPCServing: Sendable {
  let exposure: RPCExposure
  let directory: RPCDirectory
  let limits: RPCLimits
  let health: HealthService
  let reflection: ReflectionService?

  init(_ exposure: RPCExposure, _ directory: RPCDirectory, _ limits: RPCLimits) {
    self.exposure = exposure
    self.directory = directory
    self.limits = limits
    health = HealthService(exposure.services, directory)
    reflection =
      exposure.descriptors.isEmpty
      ? nil : ReflectionService(exposure.services, exposure.descriptors)
  }

  /// Answers a call, or begins to.
  func accept(
    _ stream: HTTP2Stream, _ block: HeaderBlock, on connection: isolated HTTP2Connection,
    _ environment: HTTPServerEnvironment
  ) {
    stream.call = RPCState(limits)
    let head: HTTPRequestHead
    do throws(HTTPRefusal) {
      head = try HTTP2Request.head(block)
      try RPCServing.checkForm(head)
    } catch {
      stream.call = nil
      return connection.answer(
        ProblemDocument.response(error), to: "POST", on: stream, environment)
    }
    let within: Duration?
    do throws(RPCError) {
      within = try checkFields(head.fields, block)
    } catch {
      return connection.endCall(stream, error)
    }
    if let within { connection.limit(stream, to: within) }
    let path = head.target.path.split(separator: "/", omittingEmptySubsequences: false)
    guard path.count == 3, !path[1].isEmpty, !path[2].isEmpty else {
      return connection.endCall(stream, RPCError(.unimplemented, "no method is called so"))
    }
    let id = stream.id
    let request = RPCRequest(
      service: String(path[1]), method: String(path[2]),
      metadata: RPCFields.metadata(head.fields), within: within, peer: connection.peer,
      messages: RPCServerSource(connection: connection, stream: id))
    connection.start(stream) { connection in
      do throws(RPCError) {
        try await answer(request, to: RPCServerSink(connection: connection, stream: id))
        connection.endCall(id, nil)
      } catch {
        connection.endCall(id, error)
      }
    }
  }

  private static func checkForm(_ head: HTTPRequestHead) throws(HTTPRefusal) {
    guard head.method == "POST" else {
      throw HTTPRefusal(405, "method-not-allowed", "remote calls are made with POST")
    }
    let subtype = head.fields["content-type"].flatMap(RPCFields.subtype)
    guard subtype == "" || subtype == "proto" else {
      throw HTTPRefusal(
        415, "unsupported-media-type", "messages of remote calls are protobuf here")
    }
  }

  /// - Returns: how long the call may take.
  private func checkFields(
    _ fields: HTTPFields, _ block: HeaderBlock
  ) throws(RPCError) -> Duration? {
    guard block.bytes <= limits.metadataBytesMax else {
      throw RPCError(
        .resourceExhausted, "metadata of more than \(limits.metadataBytesMax) bytes")
    }
    let codings = fields.all("grpc-encoding")
    guard codings.allSatisfy({ $0 == "identity" }) else {
      throw RPCError(.unimplemented, "messages are not compressed here: use identity")
    }
    guard let text = fields["grpc-timeout"] else {
      guard fields.all("grpc-timeout").isEmpty else {
        throw RPCError(.invalidArgument, "more than one grpc-timeout")
      }
      return nil
    }
    guard let within = RPCTimeout.parse(text) else {
      throw RPCError(.invalidArgument, "a grpc-timeout that is no length of time")
    }
    guard within > .zero else {
      throw RPCError(.deadlineExceeded, "the deadline had passed when the call arrived")
    }
    return within
  }

  private func answer(_ request: RPCRequest, to sink: any RPCSink) async throws(RPCError) {
    if request.service == HealthService.name { return try await health.answer(request, to: sink) }
    // Nobody learns which services exist without being let in.
    try await exposure.admits.admit(request)
    if let reflection, ReflectionService.names.contains(request.service) {
      return try await reflection.answer(request, to: sink)
    }
    guard exposure.services.contains(request.service) else {
      throw RPCError(.unimplemented, "there is no service \(request.service) here")
    }
    guard let handler = directory.next(request.service) else {
      throw RPCError(.unavailable, "nobody serves \(request.service) now")
    }
    try await handler.answer(request, to: sink)
  }
}

/// What the caller sends, as a handler sees it.
struct RPCServerSource: RPCSource {
  let connection: HTTP2Connection
  let stream: Int32

  func next() async throws(RPCError) -> [UInt8]? {
    try await connection.nextRequest(of: stream)
  }
}

/// Takes what a handler answers.
struct RPCServerSink: RPCSink {
  let connection: HTTP2Connection
  let stream: Int32

  func write(_ message: [UInt8]) async throws(RPCError) {
    try await connection.writeReply(message, of: stream)
  }
}
