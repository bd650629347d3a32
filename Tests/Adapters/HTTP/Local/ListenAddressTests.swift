import Ports
import SystemAdapter
import Testing

@testable import HTTPAdapter

@Suite(.timeLimit(.minutes(1)))
struct ListenAddressTests {
  @Test(arguments: [
    ("127.0.0.1:80", "127.0.0.1:80"), ("localhost:0", "127.0.0.1:0"), (":8080", "0.0.0.0:8080"),
    ("[::1]:1", "[::1]:1"), ("*:2", "0.0.0.0:2"),
  ])
  func `an address is host and port`(_ text: String, _ expected: String) async throws {
    let address = try await withLoop { loop in
      let pool = BlockingPool(name: "names", threads: 1, waitingMax: 1)
      defer { pool.stop() }
      return try await ListenAddress.resolve(text, with: AddressResolver(on: loop, pool: pool))
    }
    #expect(address.description == expected)
  }

  @Test(arguments: ["", "80", "a", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x"])
  func `what is not host and port is refused`(_ text: String) async throws {
    await #expect(throws: HTTPError.unreachable("\(text) is not an address: write host:port")) {
      try await withLoop { loop in
        let pool = BlockingPool(name: "names", threads: 1, waitingMax: 1)
        defer { pool.stop() }
        return try await ListenAddress.resolve(text, with: AddressResolver(on: loop, pool: pool))
      }
    }
  }
}
