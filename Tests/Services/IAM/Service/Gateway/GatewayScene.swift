import Contracts
import Domain
import Ports
import ServiceKit
import SimulationFakes
import Wire

@testable import IAMService

/// A gateway as a service sees it, in the hands of the test.
struct GatewayScene: Sendable {
  let scene: Scene

  /// Whether identity and access lets a request pass.
  func check(
    _ method: String, _ path: String, authorization: [String], service: String? = "iam",
    from address: String = "203.0.113.9"
  ) async throws -> CheckResponse {
    var headers = authorization.map {
      CheckRequest.Header(key: "authorization", rawValue: [UInt8]($0.utf8))
    }
    headers.append(
      CheckRequest.Header(key: "x-envoy-external-address", rawValue: [UInt8](address.utf8)))
    let request = CheckRequest(
      attributes: CheckRequest.Attributes(
        request: CheckRequest.Request(
          http: CheckRequest.Http(
            id: "1", method: method, path: path, host: "millrace",
            headerMap: CheckRequest.Headers(headers: headers))),
        contextExtensions: service.map { ["service": $0] } ?? [:]))
    let answer = try await scene.network.call(
      RPCCall(AuthorizationMethods.service, AuthorizationMethods.check, within: .seconds(2)),
      request.encoded())
    return try CheckResponse(decoding: answer)
  }

  /// What the gateway adds to a request with these credentials.
  func identity(
    _ method: String, _ path: String, token: String, service: String = "iam"
  ) async throws -> String? {
    let answer = try await check(
      method, path, authorization: ["Bearer " + token], service: service)
    guard case .passed(let passed)? = answer.httpResponse, answer.status?.code == 0 else {
      return nil
    }
    return passed.headers.first { $0.header?.key == GatewayIdentity.field }?.header?.value
  }

  /// A request as it arrives behind the gateway.
  func send(
    _ method: String, _ path: String, _ fields: [HTTPField], body: Value? = nil
  ) async throws -> Scene.Answer {
    let content = body.map { _ in [HTTPField("Content-Type", "application/json")] } ?? []
    let answer = try await scene.network.send(
      HTTPCall(
        method: method, url: "http://" + Scene.inner + path, fields: HTTPFields(fields + content),
        body: body.map { Array($0.json.utf8) } ?? []))
    let bytes = try await answer.body.collect()
    return Scene.Answer(
      status: answer.status, body: (try? Value(json: bytes)) ?? .null, fields: answer.fields)
  }

  static let proof = HTTPField(GatewayGate.field, Scene.gatewayToken)

  static func bearer(_ token: String) -> HTTPField {
    HTTPField("Authorization", "Bearer " + token)
  }

  static func identity(_ text: String) -> HTTPField { HTTPField(GatewayIdentity.field, text) }
}
