import CryptoAdapter
import Domain
import Ports
import TestSupport
import Testing

struct OpenSSLSignerTests {
  private static let signer = OpenSSLSigner()

  @Test(arguments: SignerContract.cases)
  func `OpenSSL's signatures keep the contract`(
    _ promise: ContractCase<SignerContract.Subject>
  ) async throws {
    try await promise.check(SignerContract.Subject(OpenSSLSignerTests.signer))
  }

  @Test func `every Ed25519 vector of Wycheproof is judged as it says`() throws {
    let vectors = try Wycheproof("ed25519").vectors
    #expect(vectors.count == 151)
    for vector in vectors {
      let key = VerifyingKey(
        .edDSA, bytes: Wycheproof.bytes(vector.group["publicKey"]?["pk"]?.text ?? ""))
      let isGood = OpenSSLSignerTests.signer.isSignature(
        vector.bytes("sig"), of: vector.bytes("msg"), by: key)
      #expect(isGood == vector.isValid, "\(vector)")
    }
  }

  @Test func `every raw P-256 vector of Wycheproof is judged as it says`() throws {
    let vectors = try Wycheproof("ecdsa_secp256r1_sha256_p1363").vectors
    #expect(vectors.count == 262)
    for vector in vectors {
      let point = Wycheproof.bytes(vector.group["publicKey"]?["uncompressed"]?.text ?? "")
      let key = VerifyingKey(.es256, bytes: [UInt8](point.dropFirst()))
      let isGood = OpenSSLSignerTests.signer.isSignature(
        vector.bytes("sig"), of: vector.bytes("msg"), by: key)
      #expect(isGood == vector.isValid, "\(vector)")
    }
  }

  /// Goal: nothing that Wycheproof holds for forged is accepted, whatever its algorithm.
  /// Method: verify each text with the key of its group, where that is one of ours. Valid texts of
  /// algorithms that we do not have are refused, too; their number is fixed.
  @Test func `no forged text of Wycheproof is accepted`() throws {
    let vectors = try Wycheproof("json_web_signature").vectors
    #expect(vectors.count == 401)
    var (accepted, skipped) = (0, 0)
    for vector in vectors {
      let jwk = vector.group["public"] ?? vector.group["private"] ?? .null
      let key = VerifyingKey(webKey: jwk)
      var keys: SortedMap<String, VerifyingKey> = [:]
      if let key { keys[jwk["kid"]?.text ?? ""] = key }
      let read = try? CompactJWS(
        vector.test["jws"]?.text ?? "", keys: keys, signer: OpenSSLSignerTests.signer)
      if vector.isValid, key == nil {
        skipped += 1
        #expect(read == nil)
      } else {
        #expect((read != nil) == vector.isValid, "\(vector)")
        if read != nil { accepted += 1 }
      }
    }
    #expect(accepted == 2)
    #expect(skipped == 44)
  }

  @Test func `the key and the signature of RFC 8037 A are ours`() throws {
    let seed = try #require(Base64.url.bytes("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
    let key = try #require(OpenSSLSignerTests.signer.key(.edDSA, seed: seed))
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    #expect(Base64.url.text(key.verifyingKey.bytes) == x)
    let signed = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    let signature = OpenSSLSignerTests.signer.signature(of: [UInt8](signed.utf8), by: key)
    #expect(
      Base64.url.text(signature)
        == "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
  }

  @Test func `the key and the signature of RFC 7515 A 3 are accepted`() throws {
    let seed = try #require(Base64.url.bytes("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"))
    let key = try #require(OpenSSLSignerTests.signer.key(.es256, seed: seed))
    let x = try #require(Base64.url.bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"))
    let y = try #require(Base64.url.bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
    #expect(key.verifyingKey.bytes == x + y)
    let signed =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    let signature = try #require(
      Base64.url.bytes(
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
      ))
    #expect(
      OpenSSLSignerTests.signer.isSignature(
        signature, of: [UInt8](signed.utf8), by: key.verifyingKey))
  }

  /// Goal: no byte of a token is without weight (T-JWT-MUT).
  /// Method: change each character to each of six others, cut it at each place, swap its parts.
  @Test(arguments: SignatureAlgorithm.allCases)
  func `a token that was changed anywhere is not accepted`(
    _ algorithm: SignatureAlgorithm
  ) throws {
    let signer = OpenSSLSignerTests.signer
    let key = try #require(signer.key(algorithm, seed: [UInt8](repeating: 9, count: 32)))
    let text = CompactJWS.text(
      [UInt8](#"{"sub":"usr_1","exp":17}"#.utf8), type: "at+jwt", keyID: "k1", key: key,
      signer: signer)
    let keys = SortedMap([("k1", key.verifyingKey)])
    #expect(try CompactJWS(text, keys: keys, signer: signer).type == "at+jwt")
    let bytes = [UInt8](text.utf8)
    var mutants: [[UInt8]] = []
    for place in bytes.indices {
      for other in [UInt8]("AQz_.=".utf8) where other != bytes[place] {
        var mutant = bytes
        mutant[place] = other
        mutants.append(mutant)
      }
      mutants.append([UInt8](bytes[..<place]))
      mutants.append([UInt8](bytes[..<place] + bytes[(place + 1)...]))
    }
    mutants.append(bytes + [UInt8](".".utf8))
    mutants.append([UInt8](" ".utf8) + bytes)
    for mutant in mutants {
      let mutant = String(decoding: mutant, as: UTF8.self)
      #expect((try? CompactJWS(mutant, keys: keys, signer: signer)) == nil, "\(mutant)")
    }
  }
}
