internal import Domain
internal import Ports

extension NetworkContract {
  static let exchanges: [ContractCase<NetworkSubject>] = [
    ContractCase("a request and its answer arrive as they were sent") { subject in
      let seen = OneShot<(HTTPRequest, [UInt8])>()
      let handler = HandlerStub { request in
        let body = (try? await request.body.collect()) ?? []
        seen.send((request, body))
        return HTTPResponse(
          status: 418, fields: [HTTPField("x-a", "1"), HTTPField("X-B", "two words")],
          body: .bytes([1, 2, 3]))
      }
      try await subject.serving(handler) { base in
        let call = HTTPCall(
          method: "PATCH", url: base + "/a%2Fb/c?d=e&f", fields: [HTTPField("X-Q", "ä")],
          body: Array("body".utf8))
        let answer = try await subject.network.send(call)
        try expectEqual(answer.status, 418)
        try expectEqual(answer.fields["X-A"], "1")
        try expectEqual(answer.fields["x-b"], "two words")
        try expectEqual(try await answer.body.collect(), [1, 2, 3])
        let (request, body) = await seen.value
        try expectEqual(request.method, "PATCH")
        try expectEqual(request.path, "/a%2Fb/c")
        try expectEqual(request.query, "d=e&f")
        try expectEqual(request.fields["x-q"], "ä")
        try expectEqual(body, Array("body".utf8))
        try expect(!request.peer.isEmpty, "the peer is not told")
      }
    },
    ContractCase("an answer to HEAD has the fields and no body") { subject in
      let handler = HandlerStub { request in
        HTTPResponse(
          status: 200, fields: [HTTPField("x-method", request.method)], body: .bytes([1, 2, 3]))
      }
      try await subject.serving(handler) { base in
        let answer = try await subject.network.send(HTTPCall(method: "HEAD", url: base + "/"))
        try expectEqual(answer.fields["x-method"], "HEAD")
        try expectEqual(try await answer.body.collect(), [])
      }
    },
    ContractCase("two hundred requests at once get each its own answer") { subject in
      let handler = HandlerStub { request in
        let body = (try? await request.body.collect()) ?? []
        return HTTPResponse(status: 200, body: .bytes(Array(request.path.utf8) + body))
      }
      try await subject.serving(handler) { base in
        let right = try await withThrowingTaskGroup(of: Bool.self) { group in
          for number in 0..<200 {
            group.addTask {
              let (_, body) = try await subject.post("\(base)/\(number)", [UInt8(number)])
              return body == Array("/\(number)".utf8) + [UInt8(number)]
            }
          }
          return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        try expectEqual(right, 200, "right answers")
      }
    },
    ContractCase("a handler that takes too long is given up on") { subject in
      let proceed = OneShot<Void>()
      let handler = HandlerStub { _ in
        await proceed.value
        return HTTPResponse(status: 200)
      }
      try await subject.serving(handler) { base in
        let begin = subject.time.uptime()
        defer { proceed.send() }
        try await expectThrows(HTTPError.timedOut) {
          try await subject.get(base + "/", timeout: .milliseconds(300))
        }
        let waited = subject.time.uptime() - begin
        try expect(waited >= .milliseconds(300), "given up after \(waited) already")
      }
    },
    ContractCase("where nobody serves, nothing is reached") { subject in
      let server = try await RunningServer.start(
        subject, HandlerStub { _ in HTTPResponse(status: 200) })
      let (status, _) = try await subject.get(server.base + "/")
      try expectEqual(status, 200)
      try await server.stop()
      try await expectThrows("a request to nobody") {
        try await subject.get(server.base + "/")
      } matching: { (error: HTTPError) in
        if case .unreachable = error { true } else { false }
      }
    },
    ContractCase("an address is served once at a time") { subject in
      let handler = HandlerStub { _ in HTTPResponse(status: 200) }
      try await subject.serving(handler) { base in
        let bound = String(base.dropFirst("http://".count))
        try expect(!bound.hasSuffix(":0"), "no port was picked")
        try await expectThrows("serving twice") {
          try await RunningServer.start(subject, at: bound, handler)
        } matching: { (error: HTTPError) in
          if case .unreachable = error { true } else { false }
        }
      }
    },
  ]
}
