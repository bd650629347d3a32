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
    ContractCase("a cancelled request does not wait for its answer") { subject in
      let (arrived, proceed) = (OneShot<Void>(), OneShot<Void>())
      let returned = OneShot<Bool>()
      let handler = HandlerStub { _ in
        arrived.send()
        await proceed.value
        return HTTPResponse(status: 200)
      }
      try await subject.serving(handler) { base in
        let call = HTTPCall(method: "GET", url: base + "/", timeout: .seconds(3_600))
        let task = subject.spawner.spawn("caller") {
          returned.send((try? await subject.network.send(call)) == nil)
        }
        await arrived.value
        task.cancel()
        // The handler answers only after this: a request that waits for it never returns.
        let isRefused = await returned.value
        proceed.send()
        try expect(isRefused, "a cancelled request was answered")
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
