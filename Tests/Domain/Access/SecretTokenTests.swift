import Domain
import Testing

struct SecretTokenTests {
  private static let secrets: [[UInt8]] = [
    [UInt8](repeating: 0, count: 32), [UInt8](repeating: 255, count: 32),
    [UInt8]((1...32).map { UInt8($0) }), [UInt8](repeating: 0, count: 31) + [1],
  ]

  @Test(arguments: SecretToken.Kind.allCases)
  func `a token comes back from its text`(kind: SecretToken.Kind) throws {
    for secret in SecretTokenTests.secrets {
      let token = try #require(SecretToken(kind, secret: secret))
      #expect(SecretToken(text: token.text) == token)
      #expect(token.text.utf8.count <= SecretToken.textBytesMax)
      #expect(token.text.hasPrefix("mr_\(kind.rawValue)_"))
    }
  }

  @Test func `any one character that is changed is noticed`() throws {
    let token = try #require(SecretToken(.personal, secret: SecretTokenTests.secrets[2]))
    let bytes = [UInt8](token.text.utf8)
    for place in bytes.indices {
      for other in [UInt8]("0aZ_".utf8) where other != bytes[place] {
        var changed = bytes
        changed[place] = other
        #expect(SecretToken(text: String(decoding: changed, as: UTF8.self)) == nil)
      }
      #expect(SecretToken(text: String(decoding: bytes[..<place], as: UTF8.self)) == nil)
    }
    #expect(SecretToken(text: token.text + "0") == nil)
  }

  @Test func `numbers that are too large for 32 bytes are no tokens`() {
    #expect(SecretToken(text: "mr_pat_" + String(repeating: "z", count: 43) + "_000000") == nil)
  }

  @Test func `it is printed without its secret`() throws {
    let token = try #require(SecretToken(.personal, secret: SecretTokenTests.secrets[1]))
    #expect(token.prefix.count == "mr_pat_".count + 8)
    #expect("\(token)".count < 20)
  }

  @Test func `secrets of another length are none`() {
    #expect(SecretToken(.personal, secret: [1, 2, 3]) == nil)
    #expect(SecretToken(.personal, secret: []) == nil)
  }
}
