internal import Contracts
internal import Domain
internal import Ports
internal import Wire

/// What services ask of identity and access, over the network.
struct IdentityClient: Sendable {
  let network: any Network
  let callWithin: Duration

  func validate(_ token: String) async throws(RPCError) -> ValidateTokenResponse {
    try await call(IdentityMethods.validateToken, ValidateTokenRequest(token: token))
  }

  /// - Parameter number: of the last void that is known.
  func trust(after number: Int64) async throws(RPCError) -> GetTrustResponse {
    try await call(IdentityMethods.getTrust, GetTrustRequest(after: number))
  }

  func record(_ entries: [AuditEntryMessage]) async throws(RPCError) {
    let _: RecordAuditResponse = try await call(
      IdentityMethods.recordAudit, RecordAuditRequest(entries: entries))
  }

  private func call<Answer: WireMessage>(
    _ method: String, _ request: some WireMessage
  ) async throws(RPCError) -> Answer {
    let bytes = try await network.call(
      IdentityMethods.service, method, request.encoded(), within: callWithin)
    do {
      return try Answer(decoding: bytes)
    } catch {
      throw RPCError(.internal, "the answer of \(method) cannot be decoded")
    }
  }
}
