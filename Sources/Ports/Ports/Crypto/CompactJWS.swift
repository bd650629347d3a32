public import Domain

/// A signed text of three parts (RFC 7515 §7.1), read strictly and verified by a key that its
/// receiver holds already (RFC 8725): the text never chooses how it is verified and never brings
/// its own key.
public struct CompactJWS: Hashable, Sendable {
  public static let bytesMax = 8_192
  public static let keyIDBytesMax = 64

  /// The kind of the text, such as `at+jwt`; empty when it does not say.
  public let type: String
  public let keyID: String
  public let payload: [UInt8]

  private static let headerLimits = JSONLimits(
    depthMax: 4, membersMax: 8, stringBytesMax: 256, numberBytesMax: 20)

  /// What the text says, if a key of the set with its id signed it.
  ///
  /// - Throws: the reason for logs; whoever sent the text need not know it.
  public init(
    _ text: String, keys: SortedMap<String, VerifyingKey>, signer: any Signer
  ) throws(JWSRefusal) {
    guard text.utf8.count <= CompactJWS.bytesMax else { throw .malformed }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let head = Base64.url.bytes(parts[0]),
      let payload = Base64.url.bytes(parts[1]), let signature = Base64.url.bytes(parts[2])
    else { throw .malformed }
    let header = try CompactJWS.header(head)
    guard let key = keys[header.keyID] else { throw .unknownKey }
    guard header.algorithm.utf8.elementsEqual(key.algorithm.rawValue.utf8) else {
      throw .otherAlgorithm
    }
    let signed = [UInt8](text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
    guard signer.isSignature(signature, of: signed, by: key) else { throw .badSignature }
    type = header.type
    keyID = header.keyID
    self.payload = payload
  }

  /// Signs a payload. The header holds `alg`, `kid` and `typ`.
  public static func text(
    _ payload: [UInt8], type: String, keyID: String, key: SigningKey, signer: any Signer
  ) -> String {
    let header = Value.object([
      "alg": .string(key.verifyingKey.algorithm.rawValue), "kid": .string(keyID),
      "typ": .string(type),
    ])
    let signed = Base64.url.text([UInt8](header.json.utf8)) + "." + Base64.url.text(payload)
    let signature = signer.signature(of: [UInt8](signed.utf8), by: key)
    return signed + "." + Base64.url.text(signature)
  }

  private struct Header {
    var algorithm: String
    var keyID: String
    var type: String
  }

  /// Nothing but the three members is taken: a header that wants more (`crit`, `jwk`, `jku`,
  /// `x5c`, `x5u`, `b64`, `zip`) wants something that we must not do.
  private static func header(_ bytes: [UInt8]) throws(JWSRefusal) -> Header {
    guard let node = try? JSONNode(bytes, limits: headerLimits),
      case .object(let members) = node.kind
    else { throw .malformed }
    var header = Header(algorithm: "", keyID: "", type: "")
    for member in members {
      guard case .string(let text) = member.node.kind else { throw .malformed }
      switch member.name {
      case "alg": header.algorithm = text
      case "kid": header.keyID = text
      case "typ": header.type = text
      default: throw .unknownHeader
      }
    }
    guard isKeyID(header.keyID) else { throw .unknownKey }
    return header
  }

  /// `^[A-Za-z0-9_-]{1,64}$`
  public static func isKeyID(_ text: String) -> Bool {
    (1...keyIDBytesMax).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

public enum JWSRefusal: Error, Hashable, Sendable, CaseIterable {
  case malformed
  case unknownHeader
  case unknownKey
  case otherAlgorithm
  case badSignature
}
