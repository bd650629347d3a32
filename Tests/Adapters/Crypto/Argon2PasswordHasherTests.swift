import Ports
import TestSupport
import Testing

@testable import CryptoAdapter

struct Argon2PasswordHasherTests {
  private static let cheap = PasswordCost(memoryKiB: 256, passes: 1, lanes: 1)

  private func hasher(_ cost: PasswordCost = cheap, waitingMax: Int = 64) -> Argon2PasswordHasher {
    var limits = PasswordHashing()
    limits.cost = cost
    limits.waitingMax = waitingMax
    return Argon2PasswordHasher(limits)
  }

  @Test(arguments: PasswordHasherContract.cases)
  func `argon2 keeps the contract of password hashers`(
    _ promise: ContractCase<PasswordHasherContract.Subject>
  ) async throws {
    // Dear enough that a flood arrives before the first hash is done.
    let hasher = hasher(PasswordCost(memoryKiB: 4_096, passes: 2, lanes: 1), waitingMax: 8)
    defer { hasher.stop() }
    try await promise.check(PasswordHasherContract.Subject(hasher, atOnce: 10))
  }

  /// Source: RFC 9106 §5.3.
  @Test func `the tag of RFC 9106 is ours`() {
    let tag = Argon2.tag(
      Argon2.Input(
        password: [UInt8](repeating: 1, count: 32), salt: [UInt8](repeating: 2, count: 16),
        secret: [UInt8](repeating: 3, count: 8), associated: [UInt8](repeating: 4, count: 12)),
      PasswordCost(memoryKiB: 32, passes: 3, lanes: 4), length: 32)
    #expect(
      tag
        == Wycheproof.bytes("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"))
  }

  /// Source: test.c of the argon2 reference implementation.
  @Test func `a hash of the reference implementation is verified, and outdated here`() async throws
  {
    let hash =
      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    let hasher = hasher()
    defer { hasher.stop() }
    #expect(
      try await hasher.verify([UInt8]("password".utf8), against: hash) == .same(isOutdated: true))
    #expect(try await hasher.verify([UInt8]("Password".utf8), against: hash) == .different)
  }
}
