internal import Contracts
internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit
internal import Wire

/// Answers the gateway: whether a request may pass, and what it carries on from there (Envoy's
/// external authorization).
///
/// A request passes when its credentials are good; what its sender may do is judged by the service
/// that it goes to. It carries on a signed word that is good for this very request. Whatever goes
/// wrong here lets nothing pass.
struct AuthorizationHandler: RPCHandler {
  let ports: IAMPorts
  let keys: KeyKeeper
  let trail: StoredAuditTrail
  let authenticator: any Authenticator

  /// What the gateway's configuration calls the service that a route goes to.
  static let service = "service"
  /// The gateway's own word for the address of its client.
  private static let source = "x-envoy-external-address"

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    guard method == AuthorizationMethods.check else {
      throw RPCError(.unimplemented, "no method \(method)")
    }
    let check: CheckRequest
    do {
      check = try CheckRequest(decoding: request)
    } catch {
      throw RPCError(.invalidArgument, "the request cannot be decoded")
    }
    let id = ports.context.newID(RequestID.self)
    do throws(Problem) {
      return try await pass(check).encoded()
    } catch {
      await note(check, id, error)
      return denied(error, id).encoded()
    }
  }

  // MARK: Passing

  private func pass(_ check: CheckRequest) async throws(Problem) -> CheckResponse {
    let attributes = check.attributes
    guard let service = attributes?.contextExtensions[AuthorizationHandler.service],
      let http = attributes?.request?.http, !http.method.isEmpty, http.path.hasPrefix("/")
    else { throw Problem(500, "gateway-misconfigured", "the gateway does not say what was asked") }
    let authorization = try http.values("authorization")
    let sender = try await authenticator.principal(authorization: authorization)
    guard let signing = keys.current else {
      throw Problem.unavailable("it cannot be said who you are: there is no key to sign with yet")
    }
    let request = GatewayIdentity.Request(
      authorization: authorization, method: http.method, path: http.pathWithoutQuery,
      digest: ports.digest)
    let identity = GatewayIdentity(
      issuer: ports.configuration.rules.issuer, audience: service, subject: sender.id,
      request: request, issuedAt: ports.now, life: ports.configuration.gatewayIdentityLife)
    ports.context.telemetry.log(
      .debug, "gateway.passed",
      [("service", service), ("method", http.method), ("path", http.pathWithoutQuery)])
    let text = CompactJWS.text(
      identity.payload, type: GatewayIdentity.type, keyID: signing.id, key: signing.key,
      signer: ports.signer)
    return CheckResponse(
      status: CheckResponse.Status(code: 0),
      httpResponse: .passed(
        CheckResponse.Passed(headers: [option(GatewayIdentity.field, text)])))
  }

  /// Overwrites what the request has of that name.
  private func option(_ name: String, _ value: String) -> CheckResponse.HeaderOption {
    CheckResponse.HeaderOption(
      header: CheckResponse.Header(key: name, value: value), appendAction: 2)
  }

  // MARK: Denying

  private func denied(_ problem: Problem, _ id: RequestID) -> CheckResponse {
    let response = problem.response(requestID: id.text)
    var body = ""
    if case .bytes(let bytes) = response.body { body = String(decoding: bytes, as: UTF8.self) }
    let fields = response.fields.fields + [HTTPField("X-Request-Id", id.text)]
    return CheckResponse(
      status: CheckResponse.Status(code: AuthorizationHandler.code(of: problem.status)),
      httpResponse: .denied(
        CheckResponse.Denied(
          status: CheckResponse.HttpStatus(code: Int32(clamping: problem.status)),
          headers: fields.map { option($0.name.lowercased(), $0.value) }, body: body)))
  }

  /// As google.rpc numbers what stops a request: anything but 0 does.
  private static func code(of status: Int) -> Int32 {
    switch status {
    case 401: 16
    case 403: 7
    case 400..<500: 3
    default: 14
    }
  }

  /// Denials that no service gets to see are written down here.
  private func note(_ check: CheckRequest, _ id: RequestID, _ problem: Problem) async {
    guard problem.status == 401 || problem.status == 403,
      let http = check.attributes?.request?.http
    else { return }
    let request = HTTPRequest(
      method: http.method, path: http.pathWithoutQuery,
      peer: (try? http.values(AuthorizationHandler.source))?.first ?? "")
    await trail.note(
      AuditEntry(
        id: ports.context.newID(), at: ports.now, request: request, requestID: id,
        action: http.method, problem: problem))
  }
}

extension CheckRequest.Http {
  /// What the path was before anybody took a question apart from it.
  fileprivate var pathWithoutQuery: String { String(path.prefix { $0 != "?" }) }

  /// The values of a field, one for each time that it was sent.
  fileprivate func values(_ name: String) throws(Problem) -> [String] {
    var values: [String] = []
    for header in headerMap?.headers ?? [] where header.key.utf8.elementsEqual(name.utf8) {
      guard header.value.isEmpty else {
        values.append(header.value)
        continue
      }
      guard let text = String(validating: header.rawValue, as: UTF8.self) else {
        throw Problem(400, "bad-field", "\(name) is not UTF-8")
      }
      values.append(text)
    }
    return values
  }
}
