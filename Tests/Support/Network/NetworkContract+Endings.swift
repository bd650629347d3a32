internal import Domain
internal import Ports

extension NetworkContract {
  static let endings: [ContractCase<NetworkSubject>] = [
    ContractCase("a body that breaks off is not taken for a whole one") { subject in
      let handler = HandlerStub { _ in
        HTTPResponse(
          status: 200,
          body: .stream { sink in
            try await sink.write([1, 2, 3])
            throw HTTPError.malformed("broken")
          })
      }
      try await subject.serving(handler) { base in
        let answer = try await subject.network.send(HTTPCall(method: "GET", url: base + "/"))
        try await expectThrows(HTTPError.disconnected) { try await answer.body.collect() }
      }
    },
    ContractCase("a writer learns that its reader has gone") { subject in
      let ended = OneShot<Void>()
      let handler = HandlerStub { _ in
        HTTPResponse(
          status: 200,
          body: .stream { sink in
            defer { ended.send() }
            while true {
              try await sink.write([UInt8](repeating: 1, count: 10_000))
              try await subject.time.sleep(for: .milliseconds(1))
            }
          })
      }
      try await subject.serving(handler) { base in
        do {
          let answer = try await subject.network.send(HTTPCall(method: "GET", url: base + "/"))
          _ = try await answer.body.next()
        }
        try await subject.eventually("the end of the stream") { ended.isSent }
      }
    },
    ContractCase("a cancelled request returns at once") { subject in
      let (arrived, returned) = (OneShot<Void>(), OneShot<Bool>())
      let handler = HandlerStub { _ in
        arrived.send()
        try? await subject.time.sleep(for: .milliseconds(500))
        return HTTPResponse(status: 200)
      }
      try await subject.serving(handler) { base in
        let task = subject.spawner.spawn("caller") {
          let answer = try? await subject.network.send(HTTPCall(method: "GET", url: base + "/"))
          returned.send(answer == nil)
        }
        await arrived.value
        let begin = subject.time.uptime()
        task.cancel()
        try expect(await returned.value, "a cancelled request was answered")
        let waited = subject.time.uptime() - begin
        try expect(waited < .milliseconds(400), "a cancelled request went on for \(waited)")
      }
    },
    ContractCase("a server that ends answers what it has begun") { subject in
      let (arrived, proceed) = (OneShot<Void>(), OneShot<Void>())
      let handler = HandlerStub { _ in
        arrived.send()
        await proceed.value
        return HTTPResponse(
          status: 200,
          body: .stream { sink in
            try await sink.write([1])
            try await subject.time.sleep(for: .milliseconds(5))
            try await sink.write([2])
          })
      }
      let server = try await RunningServer.start(subject, handler)
      let answered = OneShot<[UInt8]?>()
      subject.spawner.spawn("caller") {
        answered.send(try? await subject.get(server.base + "/").1)
      }
      await arrived.value
      server.cancel()
      try await subject.eventually("the end of accepting") {
        let answer = try? await subject.get(server.base + "/", timeout: .milliseconds(50))
        return answer == nil
      }
      proceed.send()
      try expectEqual(await answered.value, [1, 2])
      try await server.stop()
    },
  ]
}
