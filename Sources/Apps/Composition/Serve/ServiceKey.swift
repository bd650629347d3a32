internal import Contracts
internal import CryptoAdapter
internal import Domain
internal import Ports

/// How processes of an installation know each other: tokens that are made of a key that all have.
struct ServiceKey: Sendable {
  private let token: String
  /// What the gateway proves itself by: it opens what the gateway asks, and nothing else.
  let gatewayToken: String

  init(_ bytes: [UInt8]) {
    let digest = OpenSSLDigest()
    func text(_ purpose: String) -> String {
      digest.hexadecimal(digest: digest.derivedKey(purpose, from: bytes))
    }
    token = "mr_svc_" + text("service calls")
    gatewayToken = "mr_gw_" + text("gateway calls")
  }

  /// What calls carry.
  var credentials: HTTPFields { [HTTPField("authorization", "Bearer \(token)")] }

  fileprivate func opens(_ service: String, _ text: String) -> Bool {
    isEqual(text, token)
      || service == AuthorizationMethods.service && isEqual(text, gatewayToken)
  }

  private func isEqual(_ left: String, _ right: String) -> Bool {
    // Of digests, so that how long it takes tells nothing of the token.
    let digest = OpenSSLDigest()
    return digest.digest([UInt8](left.utf8)) == digest.digest([UInt8](right.utf8))
  }
}

/// Lets calls of services in, the questions of the gateway, and no others.
struct ServiceGuard: RPCGuard {
  let key: ServiceKey

  func admit(_ request: RPCRequest) async throws(RPCError) {
    let given = request.metadata.all("authorization")
    guard given.count == 1, given[0].hasPrefix("Bearer "),
      key.opens(request.service, String(given[0].dropFirst("Bearer ".count)))
    else { throw RPCError(.unauthenticated, "only services of this installation may call here") }
  }
}
