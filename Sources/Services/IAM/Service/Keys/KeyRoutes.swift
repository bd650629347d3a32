internal import Domain
internal import IAMCore
internal import Ports
internal import ServiceKit

/// The public keys, and turning to the next one.
struct KeyRoutes: Sendable {
  let ports: IAMPorts
  let keys: KeyKeeper

  var all: [Route] {
    [
      Route("GET", "/.well-known/jwks.json", .anyone, list),
      Route("POST", "/v1/keys/rotate", .allowed(.keyRotate, in: .installation), rotate),
    ]
  }

  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let published = keys.published.compactMap { key in
      SignatureAlgorithm(rawValue: key.algorithm).map {
        VerifyingKey($0, bytes: key.publicKey).webKey(id: key.id.text)
      }
    }
    let seconds = ports.configuration.keysCachedFor.wholeMilliseconds / 1_000
    return .json(
      .object(["keys": .array(published)]),
      fields: [HTTPField("Cache-Control", "public, max-age=\(seconds)")])
  }

  private func rotate(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    try await Ledger(ports: ports).perform(request, "POST /v1/keys/rotate") {
      () async throws(Problem) in
      Decision(entries: try await keys.entries(for: .rotationAsked), status: 204)
    }
  }
}
