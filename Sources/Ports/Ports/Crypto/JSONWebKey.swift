public import Domain

extension VerifyingKey {
  /// The key as a JSON Web Key (RFC 7517 §4, RFC 8037 §2) for signatures.
  public func webKey(id: String) -> Value {
    var members: SortedMap<String, Value> = [
      "kid": .string(id), "use": .string("sig"), "alg": .string(algorithm.rawValue),
    ]
    switch algorithm {
    case .edDSA:
      members["kty"] = .string("OKP")
      members["crv"] = .string("Ed25519")
      members["x"] = .string(Base64.url.text(bytes))
    case .es256:
      members["kty"] = .string("EC")
      members["crv"] = .string("P-256")
      members["x"] = .string(Base64.url.text([UInt8](bytes.prefix(32))))
      members["y"] = .string(Base64.url.text([UInt8](bytes.dropFirst(32))))
    }
    return .object(members)
  }

  /// Nil for keys of other kinds, for those that are not for signatures, and for private ones.
  public init?(webKey value: Value) {
    guard case .object(let members) = value, members["d"] == nil, members["k"] == nil,
      members["use"] == nil || members["use"] == .string("sig"),
      members["key_ops"] == nil || members["key_ops"] == .array([.string("verify")]),
      let x = VerifyingKey.coordinate(members["x"])
    else { return nil }
    switch (members["kty"], members["crv"]) {
    case (.string("OKP"), .string("Ed25519")):
      self.init(.edDSA, bytes: x)
    case (.string("EC"), .string("P-256")):
      guard let y = VerifyingKey.coordinate(members["y"]) else { return nil }
      self.init(.es256, bytes: x + y)
    default: return nil
    }
    guard members["alg"] == nil || members["alg"] == .string(algorithm.rawValue) else {
      return nil
    }
  }

  private static func coordinate(_ value: Value?) -> [UInt8]? {
    guard case .string(let text)? = value, let bytes = Base64.url.bytes(text), bytes.count == 32
    else { return nil }
    return bytes
  }
}
