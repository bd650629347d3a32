internal import CryptoAdapter
internal import Domain
internal import Ports

/// How processes of an installation know each other: a token that is made of a key that all have.
struct ServiceKey: Sendable {
  private let token: String
  private let hash: [UInt8]

  init(_ bytes: [UInt8]) {
    let digest = OpenSSLDigest()
    token = "mr_svc_" + digest.hexadecimal(digest: digest.derivedKey("service calls", from: bytes))
    hash = digest.digest([UInt8](token.utf8))
  }

  /// What calls carry.
  var credentials: HTTPFields { [HTTPField("authorization", "Bearer \(token)")] }

  fileprivate func opens(_ text: String) -> Bool {
    // Of digests, so that how long it takes tells nothing of the token.
    OpenSSLDigest().digest([UInt8](text.utf8)) == hash
  }
}

/// Lets calls of services in and no others.
struct ServiceGuard: RPCGuard {
  let key: ServiceKey

  func admit(_ request: RPCRequest) async throws(RPCError) {
    let given = request.metadata.all("authorization")
    guard given.count == 1, given[0].hasPrefix("Bearer "),
      key.opens(String(given[0].dropFirst("Bearer ".count)))
    else { throw RPCError(.unauthenticated, "only services of this installation may call here") }
  }
}
