import Domain
import Ports
import Testing

@testable import Composition

@Suite struct ServiceKeyTests {
  private func request(_ authorization: [String]) -> RPCRequest {
    RPCRequest(
      service: "s", method: "m",
      metadata: HTTPFields(authorization.map { HTTPField("authorization", $0) }), within: nil,
      messages: NoMessages())
  }

  @Test func `only who has the key may call`() async throws {
    let key = ServiceKey([UInt8](repeating: 1, count: 32))
    let other = ServiceKey([UInt8](repeating: 2, count: 32))
    let guardian = ServiceGuard(key: key)
    let own = try #require(key.credentials.fields.first).value
    let foreign = try #require(other.credentials.fields.first).value
    try await guardian.admit(request([own]))
    for odd in [[], [foreign], [own, own], [String(own.dropLast())], [String(own.dropFirst(7))]] {
      await #expect("\(odd)") {
        try await guardian.admit(request(odd))
      } throws: { error in
        (error as? RPCError)?.code == .unauthenticated
      }
    }
  }
}

private struct NoMessages: RPCSource {
  func next() async throws(RPCError) -> [UInt8]? { nil }
}
