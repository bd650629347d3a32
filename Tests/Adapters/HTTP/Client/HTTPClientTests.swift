import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing

@testable import HTTPAdapter

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientTests {
  private func client(
    on loop: EventLoop, _ change: (inout HTTPClientConfiguration) -> Void = { _ in }
  ) -> HTTPClient {
    var configuration = HTTPClientConfiguration()
    change(&configuration)
    let pool = BlockingPool(name: "names", threads: 1, waitingMax: 8)
    return HTTPClient(
      on: loop, resolver: AddressResolver(on: loop, pool: pool), configuration: configuration)
  }

  @Test(arguments: ["127.0.0.1", "localhost", "LOCALHOST", "0x7f000001", "2130706433", "127.1"])
  func `the gate sees the address behind every spelling`(_ host: String) async throws {
    try await withServer { _ in
      HTTPResponse(status: 200)
    } body: { server in
      let gated = client(on: server.loop) { configuration in
        configuration.allowsAddress = { $0.ip.first != 127 && $0.ip.last != 1 }
      }
      let url = "http://\(host):\(server.address.port)/"
      await #expect {
        try await gated.send(HTTPCall(method: "GET", url: url))
      } throws: { error in
        if case .unreachable? = error as? HTTPError { true } else { false }
      }
    }
  }

  @Test func `a name is looked up and a name that does not exist is unreachable`() async throws {
    try await withServer { request in
      HTTPResponse(status: 200, body: .bytes(Array((request.fields["host"] ?? "").utf8)))
    } body: { server in
      let authority = "localhost:\(server.address.port)"
      let call = HTTPCall(method: "GET", url: "http://\(authority)/")
      let answer = try await client(on: server.loop).send(call)
      #expect(try await answer.body.collect() == Array(authority.utf8))
      await #expect {
        try await client(on: server.loop).send(
          HTTPCall(method: "GET", url: "http://does-not-exist.invalid/"))
      } throws: { error in
        if case .unreachable? = error as? HTTPError { true } else { false }
      }
    }
  }

  @Test(arguments: [
    HTTPField("X\r\nY", "z"), HTTPField("X", "y\r\nZ: z"), HTTPField("X y", "z"),
    HTTPField("", "z"),
  ])
  func `a field that would add a line is not sent`(_ field: HTTPField) async throws {
    try await withLoop { loop in
      _ = await #expect {
        try await client(on: loop).send(
          HTTPCall(method: "GET", url: "http://127.0.0.1:1/", fields: HTTPFields([field])))
      } throws: { error in
        if case .unreachable? = error as? HTTPError { true } else { false }
      }
    }
  }

  @Test func `an endless answer is refused at the limit`() async throws {
    try await withServer { _ in
      HTTPResponse(
        status: 200,
        body: .stream { sink in
          while true { try await sink.write([UInt8](repeating: 1, count: 50_000)) }
        })
    } body: { server in
      let limited = client(on: server.loop) { $0.bodyBytesMax = 1_000_000 }
      let call = HTTPCall(method: "GET", url: "http://\(server.address)/")
      let answer = try await limited.send(call)
      await #expect(throws: HTTPError.tooLarge) { try await answer.body.collect() }
    }
  }

  @Test func `a silent server is given up after the timeout, between pieces too`() async throws {
    let never = OneShot<Void>()
    try await withLimits { limits in
      limits.drainWithin = .milliseconds(10)
    } serving: { _ in
      HTTPResponse(
        status: 200,
        body: .stream { sink in
          try await sink.write([1])
          await withTaskCancellationHandler {
            await never.value
          } onCancel: {
            never.send()
          }
        })
    } body: { server in
      let call = HTTPCall(
        method: "GET", url: "http://\(server.address)/", timeout: .milliseconds(700))
      let answer = try await client(on: server.loop).send(call)
      #expect(try await answer.body.next() == [1])
      await #expect(throws: HTTPError.timedOut) { try await answer.body.next() }
      await #expect(throws: HTTPError.timedOut) { try await answer.body.next() }
    }
  }
}
