internal import Contracts
internal import Ports
internal import Wire

/// What workers ask of the scheduler, by method.
struct WorkerGateway: RPCHandler {
  let sessions: SessionDesk
  let claims: ClaimDesk

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    switch method {
    case WorkerGatewayMethods.openSession:
      try await sessions.open(decoded(request)).encoded()
    case WorkerGatewayMethods.claim:
      try await claims.claim(decoded(request)).encoded()
    case WorkerGatewayMethods.heartbeat:
      try await sessions.beat(decoded(request)).encoded()
    case WorkerGatewayMethods.closeSession:
      try await sessions.close(decoded(request)).encoded()
    default:
      throw RPCError(.unimplemented, "no method \(method)")
    }
  }
}

/// The request, or the status that says why it is none.
func decoded<Message: WireMessage>(_ bytes: [UInt8]) throws(RPCError) -> Message {
  do {
    return try Message(decoding: bytes)
  } catch {
    throw RPCError(.invalidArgument, "the request cannot be decoded: \(error)")
  }
}

extension RPCError {
  /// The status of a store that had no good answer. Only `unavailable` is repeated blindly.
  init(_ error: StoreError) {
    switch error {
    case .conflict: self.init(.aborted, "changed meanwhile; ask again")
    case .outcomeUnknown: self.init(.unavailable, "the outcome is not known; ask again")
    case .unavailable(let why): self.init(.unavailable, why)
    case .refused(let why): self.init(.internal, why)
    }
  }
}
