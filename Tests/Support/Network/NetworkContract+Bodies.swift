internal import Domain
internal import Ports

extension NetworkContract {
  /// Sends back what comes, piece by piece.
  private static let echo = HandlerStub { request in
    await request.body.allow(upTo: .max)
    return HTTPResponse(
      status: 200,
      body: .stream { sink in
        while let piece = try await request.body.next() { try await sink.write(piece) }
      })
  }

  static let bodies: [ContractCase<NetworkSubject>] = [
    ContractCase("bodies of every size come back as they were sent") { subject in
      try await subject.serving(echo) { base in
        for size in [0, 1, 1_000, 65_535, 65_536, 65_537, 1_048_576, 8_000_000] {
          let sent = [UInt8].patterned(size)
          let (_, received) = try await subject.post(base + "/", sent)
          try expect(received == sent, "a body of \(size) bytes came back changed")
        }
      }
    },
    ContractCase("a piece arrives before the next one is written") { subject in
      let (first, second) = (OneShot<Void>(), OneShot<Void>())
      let handler = HandlerStub { _ in
        HTTPResponse(
          status: 200,
          body: .stream { sink in
            try await sink.write(Array("one".utf8))
            await first.value
            try await sink.write(Array("two".utf8))
            await second.value
          })
      }
      try await subject.serving(handler) { base in
        let answer = try await subject.network.send(HTTPCall(method: "GET", url: base + "/"))
        try expectEqual(try await answer.body.next(), Array("one".utf8))
        first.send()
        try expectEqual(try await answer.body.next(), Array("two".utf8))
        second.send()
        try expectEqual(try await answer.body.next(), nil)
        try expectEqual(try await answer.body.next(), nil)
      }
    },
    ContractCase("a reader that is slow holds the writer back") { subject in
      let written = Tally()
      let piece = [UInt8](repeating: 7, count: 65_536)
      let handler = HandlerStub { _ in
        HTTPResponse(
          status: 200,
          body: .stream { sink in
            for _ in 0..<1_024 {
              try await sink.write(piece)
              written.add(piece.count)
            }
          })
      }
      try await subject.serving(handler) { base in
        let answer = try await subject.network.send(HTTPCall(method: "GET", url: base + "/"))
        await answer.body.allow(upTo: .max)
        var received = 0
        while let bytes = try await answer.body.next() {
          received += bytes.count
          let ahead = written.value - received
          try expect(ahead <= 20 << 20, "the writer is \(ahead) bytes ahead of its reader")
        }
        try expectEqual(received, 64 << 20)
      }
    },
    ContractCase("a body larger than allowed is refused and may be allowed") { subject in
      let handler = HandlerStub { request in
        if request.path == "/allowed" { await request.body.allow(upTo: 3_000_000) }
        if request.path == "/tiny" { await request.body.allow(upTo: 2) }
        do throws(HTTPError) {
          return HTTPResponse(status: 200 + (try await request.body.collect().count % 7))
        } catch .tooLarge {
          return HTTPResponse(status: 413)
        } catch {
          return HTTPResponse(status: 400)
        }
      }
      try await subject.serving(handler) { base in
        let large = [UInt8](repeating: 1, count: 3_000_000)
        try expectEqual(try await subject.post(base + "/", large).0, 413)
        try expectEqual(try await subject.post(base + "/allowed", large).0, 200 + 3_000_000 % 7)
        try expectEqual(try await subject.post(base + "/tiny", [1, 2]).0, 202)
        try expectEqual(try await subject.post(base + "/tiny", [1, 2, 3]).0, 413)
      }
    },
    ContractCase("an answer larger than allowed is refused") { subject in
      let handler = HandlerStub { _ in HTTPResponse(status: 200, body: .bytes([1, 2, 3, 4])) }
      try await subject.serving(handler) { base in
        let answer = try await subject.network.send(HTTPCall(method: "GET", url: base + "/"))
        await answer.body.allow(upTo: 3)
        try await expectThrows(HTTPError.tooLarge) { try await answer.body.collect() }
      }
    },
    ContractCase("a handler may answer without reading what is sent") { subject in
      let handler = HandlerStub { _ in HTTPResponse(status: 403, body: .bytes([9])) }
      try await subject.serving(handler) { base in
        let large = [UInt8](repeating: 1, count: 5_000_000)
        let (status, body) = try await subject.post(base + "/", large)
        try expectEqual(status, 403)
        try expectEqual(body, [9])
      }
    },
  ]
}
