import Domain
import Ports
import SystemAdapter
import TestSupport
import Testing
import Wire

@testable import HTTPAdapter

private struct Everyone: RPCGuard {
  func admit(_ request: RPCRequest) async throws(RPCError) {}
}

private struct Nobody: RPCGuard {
  func admit(_ request: RPCRequest) async throws(RPCError) {
    throw RPCError(.unauthenticated, "who are you?")
  }
}

@Suite(.timeLimit(.minutes(2)))
struct RPCServerTests {
  /// Answers what it is sent, and sleeps when the method says so.
  private static let mirror = HandlerStub { method, request throws(RPCError) in
    if method == "Fail" {
      throw RPCError(.notFound, "100 %", details: [RPCDetail(type: "a.B", value: [1])])
    }
    return Array(method.utf8) + request
  }

  /// Runs `body` while a server answers the service `a.Mirror`.
  private func withCalls(
    admits: any RPCGuard = Everyone(), descriptors: [[UInt8]] = [],
    _ body: @escaping @Sendable (ServerFixture, RPCDirectory) async throws -> Void
  ) async throws {
    let directory = RPCDirectory()
    _ = directory.register("a.Mirror", RPCServerTests.mirror)
    let exposure = RPCExposure(["a.Mirror", "a.Gone"], admits: admits, descriptors: descriptors)
    let calls = RPCServing(exposure, directory, RPCLimits())
    try await withLimits(
      { _ in }, calls: calls, serving: { _ in HTTPResponse(status: 418) },
      body: { server in try await body(server, directory) })
  }

  private static func call(
    _ stream: UInt32, _ path: String, _ fields: [(String, String)] = []
  ) -> Frame {
    .request(
      stream, method: "POST", path: path, isEnd: false,
      [("content-type", "application/grpc"), ("te", "trailers")] + fields)
  }

  private static func message(_ stream: UInt32, _ bytes: [UInt8], isEnd: Bool = true) -> Frame {
    Frame(
      .data, flags: isEnd ? Frame.endStream : 0, stream: stream, RPCMessageReader.frame(bytes))
  }

  @Test func `a unary call is answered with head, message and status`() async throws {
    try await withCalls { server, _ in
      let client = try await server.frames()
      try await client.send(
        RPCServerTests.call(1, "/a.Mirror/Hi"), RPCServerTests.message(1, [1, 2]))
      let answer = try await client.answer(1)
      #expect(answer.fields[":status"] == "200")
      #expect(answer.fields["content-type"] == "application/grpc")
      #expect(answer.fields["grpc-status"] == "0")
      #expect(answer.body == RPCMessageReader.frame(Array("Hi".utf8) + [1, 2]))
      try await client.send(
        RPCServerTests.call(3, "/a.Mirror/Fail"), RPCServerTests.message(3, []))
      let failed = try await client.answer(3)
      #expect(failed.fields["grpc-status"] == "5")
      #expect(failed.fields["grpc-message"] == "100 %25")
      #expect(failed.fields["grpc-status-details-bin"] != nil)
      // HTTP is still answered beside it.
      try await client.send(.request(5))
      #expect(try await client.answer(5).fields[":status"] == "418")
    }
  }

  /// What is wrong with a call, and the status that it gets.
  @Test(arguments: [
    ("an unknown service", "/a.Other/Hi", [], [1], "12"),
    ("a service that nobody serves", "/a.Gone/Hi", [], [1], "14"),
    ("no method", "/a.Mirror", [], [1], "12"), ("a longer path", "/a.Mirror/Hi/x", [], [1], "12"),
    ("compression", "/a.Mirror/Hi", [("grpc-encoding", "gzip")], [1], "12"),
    ("no length of time", "/a.Mirror/Hi", [("grpc-timeout", "soon")], [1], "3"),
    ("a deadline that has passed", "/a.Mirror/Hi", [("grpc-timeout", "0m")], [1], "4"),
    (
      "too much metadata", "/a.Mirror/Hi",
      [("x-long", String(repeating: "x", count: 15_900))] + (0..<20).map { ("x\($0)", "y") }, [1],
      "8"
    ),
    ("a compressed message", "/a.Mirror/Hi", [], [255], "13"),
    ("a message that is cut off", "/a.Mirror/Hi", [], [254], "13"),
    ("a message that is too large", "/a.Mirror/Hi", [], [253], "8"),
    ("no message", "/a.Mirror/Hi", [], [], "3"), ("two messages", "/a.Mirror/Hi", [], [1, 1], "3"),
  ])
  func `a call that cannot be answered gets a status`(
    _ name: String, _ path: String, _ fields: [(String, String)], _ messages: [UInt8],
    _ status: String
  ) async throws {
    try await withCalls { server, _ in
      let client = try await server.frames()
      try await client.send(RPCServerTests.call(1, path, fields))
      var body: [UInt8] = []
      for message in messages {
        switch message {
        case 255: body += [1, 0, 0, 0, 0]
        case 254: body += [0, 0, 0, 0, 9, 1]
        case 253: body += [0, 255, 255, 255, 255]
        default: body += RPCMessageReader.frame([message])
        }
      }
      try? await client.send(Frame(.data, flags: Frame.endStream, stream: 1, body))
      #expect(try await client.answer(1).fields["grpc-status"] == status, "\(name)")
    }
  }

  @Test func `what is no call of ours is answered as HTTP`() async throws {
    try await withCalls { server, _ in
      let client = try await server.frames()
      try await client.send(.request(1, [("content-type", "application/grpc")]))
      #expect(try await client.answer(1).fields[":status"] == "405")
      try await client.send(
        .request(3, method: "POST", [("content-type", "application/grpc+json")]))
      #expect(try await client.answer(3).fields[":status"] == "415")
      try await client.send(.request(5, method: "POST", [("content-type", "application/grpcish")]))
      #expect(try await client.answer(5).fields[":status"] == "418")
    }
  }

  @Test func `who is not let in learns nothing but the health`() async throws {
    try await withCalls(admits: Nobody(), descriptors: RPCDescriptors.files(base64: "")) {
      server, _ in
      let client = try await server.frames()
      let paths = [
        "/a.Mirror/Hi", "/a.Other/Hi", "/a.Gone/Hi",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.health.v1.Health2/Check", "/grpc.health.v1.health/Check",
      ]
      for (index, path) in paths.enumerated() {
        let stream = UInt32(2 * index + 1)
        try await client.send(
          RPCServerTests.call(stream, path), RPCServerTests.message(stream, []))
        #expect(try await client.answer(stream).fields["grpc-status"] == "16", "\(path)")
      }
      try await client.send(
        RPCServerTests.call(101, "/grpc.health.v1.Health/Check"), RPCServerTests.message(101, []))
      #expect(try await client.answer(101).body == RPCMessageReader.frame([8, 1]))
    }
  }

  @Test func `a watch of the health tells every change`() async throws {
    try await withCalls { server, directory in
      let client = try await server.frames()
      var writer = WireWriter()
      writer.string(1, "a.Gone")
      try await client.send(
        RPCServerTests.call(1, "/grpc.health.v1.Health/Watch"),
        RPCServerTests.message(1, writer.bytes))
      func told() async throws -> [UInt8]? {
        try await client.first(Frame.isKind(.data, stream: 1))?.payload
      }
      #expect(try await told() == RPCMessageReader.frame([8, 2]))
      let id = directory.register("a.Gone", RPCServerTests.mirror)
      #expect(try await told() == RPCMessageReader.frame([8, 1]))
      directory.remove("a.Gone", id)
      #expect(try await told() == RPCMessageReader.frame([8, 2]))
      let stopping = Task { try await server.stop() }
      let end = try #require(try await client.first(Frame.isKind(.headers, stream: 1)))
      #expect(end.flags & Frame.endStream != 0)
      await client.close()
      try await stopping.value
    }
  }

  @Test func `a deadline that passes ends the call at the server`() async throws {
    try await withCalls { server, directory in
      let cancelled = OneShot<Void>()
      let sleeper = HandlerStub { _, _ throws(RPCError) in
        do { try await server.loop.sleep(until: .distantFuture) } catch { cancelled.send() }
        return []
      }
      _ = directory.register("a.Gone", sleeper)
      let client = try await server.frames()
      try await client.send(
        RPCServerTests.call(1, "/a.Gone/Sleep", [("grpc-timeout", "50m")]),
        RPCServerTests.message(1, []))
      #expect(try await client.answer(1).fields["grpc-status"] == "4")
      await cancelled.value
    }
  }

  @Test func `reflection names the services and describes them`() throws {
    let files = RPCDescriptors.files(base64: "")
    #expect(files.count == 3)
    let index = DescriptorIndex(files)
    let health = index.files(defining: "grpc.health.v1.Health")
    #expect(health.count == 1)
    #expect(index.files(defining: "grpc.health.v1.Health.Watch") == health)
    #expect(
      index.files(defining: "grpc.health.v1.HealthCheckResponse.ServingStatus") == health)
    #expect(index.files(defining: "grpc.health.v1.HealthCheckRequest.service") == health)
    #expect(index.files(with: "grpc/health/v1/health.proto") == health)
    #expect(index.files(defining: "grpc.health.v1") == [])
  }
}
