internal import Domain
internal import Ports

/// How a call finds who answers it.
private enum Way: String, CaseIterable {
  case byName = "by name"
  case atAddress = "at an address"
}

/// Lets in who knows the word.
private struct WordGuard: RPCGuard {
  func admit(_ request: RPCRequest) async throws(RPCError) {
    guard request.metadata["authorization"] == "Bearer word" else {
      throw RPCError(.unauthenticated, "say the word")
    }
  }
}

extension NetworkContract {
  /// The promises of calls with streams, kept alike by name and at an address.
  static let streams: [ContractCase<NetworkSubject>] = Way.allCases.flatMap { way in
    conversations(way) + surroundings(way) + endedStreams(way) + unwanted(way)
      + heldStreams(way)
  }

  private static func conversations(_ way: Way) -> [ContractCase<NetworkSubject>] {
    [
      ContractCase("messages arrive whole and in order, \(way.rawValue)") { subject in
        let handler = StreamStub { request, sink throws(RPCError) in
          while let message = try await request.messages.next() { try await sink.write(message) }
        }
        try await subject.offering(handler, way) { call in
          let exchange = try await subject.network.open(call)
          for size in [0, 1, 5, 70_000, 0, 1_000_000] {
            let sent = [UInt8].patterned(size)
            try await exchange.write(sent)
            try expect(try await exchange.next() == sent, "a message of \(size) bytes changed")
          }
          await exchange.finish()
          try expectEqual(try await exchange.next(), nil)
          try expectEqual(try await exchange.next(), nil)
        }
      },
      ContractCase("a call may say all before it hears anything, \(way.rawValue)") { subject in
        let handler = StreamStub { request, sink throws(RPCError) in
          var sum = 0
          while let message = try await request.messages.next() { sum += message.count }
          try await sink.write(Array("\(sum)".utf8))
        }
        try await subject.offering(handler, way) { call in
          let exchange = try await subject.network.open(call)
          for size in 0..<100 { try await exchange.write([UInt8](repeating: 7, count: size * 100)) }
          await exchange.finish()
          try expectEqual(try await exchange.next(), Array("495000".utf8))
          try expectEqual(try await exchange.next(), nil)
        }
      },
    ]
  }

  private static func surroundings(_ way: Way) -> [ContractCase<NetworkSubject>] {
    [
      ContractCase("an answer may have no message at all, \(way.rawValue)") { subject in
        let handler = StreamStub { request, _ throws(RPCError) in
          _ = try await request.messages.only()
        }
        try await subject.offering(handler, way) { call in
          let exchange = try await subject.network.open(call)
          try await exchange.write([1])
          await exchange.finish()
          try expectEqual(try await exchange.next(), nil)
        }
      },
      ContractCase("what travels beside the messages arrives, \(way.rawValue)") { subject in
        let seen = OneShot<RPCRequest>()
        let handler = StreamStub { request, sink throws(RPCError) in
          seen.send(request)
          try await sink.write([])
        }
        try await subject.offering(handler, way) { call in
          var call = call
          call.metadata.fields.append(HTTPField("traceparent", "00-a-b-01"))
          call.within = .seconds(40)
          try expectEqual(try await subject.network.call(call, [1]), [])
          let request = await seen.value
          try expectEqual(request.service, "streams")
          try expectEqual(request.method, "Talk")
          try expectEqual(request.metadata["traceparent"], "00-a-b-01")
          let within = try expectPresent(request.within, "the deadline")
          try expect(
            within <= .seconds(40) && within > .seconds(5), "\(within) are left of 40 seconds")
        }
      },
    ]
  }

  private static func endedStreams(_ way: Way) -> [ContractCase<NetworkSubject>] {
    [
      ContractCase("a status comes behind what was written, \(way.rawValue)") { subject in
        let error = RPCError(
          .failedPrecondition, "not now: 100 % 'ä'",
          details: [RPCDetail(type: "type.googleapis.com/a.B", value: [1, 2, 255])])
        let handler = StreamStub { _, sink throws(RPCError) in
          try await sink.write([1])
          throw error
        }
        try await subject.offering(handler, way) { call in
          let exchange = try await subject.network.open(call)
          try expectEqual(try await exchange.next(), [1])
          try await expectThrows(error) { try await exchange.next() }
          try await expectThrows(error) { try await exchange.next() }
        }
      },
      ContractCase("a deadline ends call and handler, \(way.rawValue)") { subject in
        let cancelled = OneShot<Void>()
        let handler = StreamStub { _, sink throws(RPCError) in
          try await sink.write([1])
          do { try await subject.time.sleep(until: .distantFuture) } catch { cancelled.send() }
        }
        try await subject.offering(handler, way) { call in
          var call = call
          call.within = .milliseconds(300)
          let begin = subject.time.uptime()
          let exchange = try await subject.network.open(call)
          try expectEqual(try await exchange.next(), [1])
          try await expectThrows("a call without an end") {
            try await exchange.next()
          } matching: { (error: RPCError) in
            error.code == .deadlineExceeded
          }
          let waited = subject.time.uptime() - begin
          try expect(waited >= .milliseconds(299), "given up after \(waited) already")
          try await subject.eventually("the cancellation of the handler") { cancelled.isSent }
        }
      },
    ]
  }

  private static func unwanted(_ way: Way) -> [ContractCase<NetworkSubject>] {
    [
      ContractCase("a caller that cancels ends call and handler, \(way.rawValue)") { subject in
        let cancelled = OneShot<Void>()
        let handler = StreamStub { _, sink throws(RPCError) in
          try await sink.write([1])
          do { try await subject.time.sleep(until: .distantFuture) } catch { cancelled.send() }
        }
        try await subject.offering(handler, way) { call in
          let exchange = try await subject.network.open(call)
          try expectEqual(try await exchange.next(), [1])
          exchange.cancel()
          try await expectThrows("a cancelled call") {
            try await exchange.next()
          } matching: { (error: RPCError) in
            error.code == .cancelled
          }
          try await subject.eventually("the cancellation of the handler") { cancelled.isSent }
        }
      },
      ContractCase("a call that is let go ends its handler, \(way.rawValue)") { subject in
        let cancelled = OneShot<Void>()
        let handler = StreamStub { _, sink throws(RPCError) in
          try await sink.write([1])
          do { try await subject.time.sleep(until: .distantFuture) } catch { cancelled.send() }
        }
        try await subject.offering(handler, way) { call in
          do {
            let exchange = try await subject.network.open(call)
            try expectEqual(try await exchange.next(), [1])
          }
          try await subject.eventually("the cancellation of the handler") { cancelled.isSent }
        }
      },
      ContractCase("a handler may end before it has heard all, \(way.rawValue)") { subject in
        let handler = StreamStub { request, _ throws(RPCError) in
          _ = try await request.messages.next()
          throw RPCError(.aborted, "enough")
        }
        try await subject.offering(handler, way) { call in
          let exchange = try await subject.network.open(call)
          try await expectThrows("writing on and on") {
            for _ in 0..<10_000 { try await exchange.write([UInt8](repeating: 1, count: 10_000)) }
          } matching: { (_: RPCError) in
            true
          }
          try await expectThrows(RPCError(.aborted, "enough")) { try await exchange.next() }
        }
      },
    ]
  }

  private static func heldStreams(_ way: Way) -> [ContractCase<NetworkSubject>] {
    [
      ContractCase("a reader that is slow holds the handler back, \(way.rawValue)") { subject in
        let written = Tally()
        let handler = StreamStub { _, sink throws(RPCError) in
          for _ in 0..<500 {
            try await sink.write([UInt8](repeating: 1, count: 20_000))
            written.add(1)
          }
        }
        try await subject.offering(handler, way) { call in
          let exchange = try await subject.network.open(call)
          var read = 0
          while try await exchange.next() != nil {
            read += 1
            let ahead = written.value - read
            try expect(ahead <= 300, "the handler is \(ahead) messages ahead of its reader")
          }
          try expectEqual(read, 500)
        }
      },
      ContractCase("many calls at once get each its own answer, \(way.rawValue)") { subject in
        let handler = StreamStub { request, sink throws(RPCError) in
          try await sink.write(try await request.messages.only())
        }
        try await subject.offering(handler, way) { call in
          let right = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<150 {
              group.addTask {
                let sent = Array("\(number)".utf8)
                return try await subject.network.call(call, sent) == sent
              }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
          }
          try expectEqual(right, 150, "right answers")
        }
      },
    ]
  }

  /// What an address offers, and to whom.
  static let exposures: [ContractCase<NetworkSubject>] = [
    ContractCase("an address answers only who is let in, and only what it offers") { subject in
      let handler = StreamStub { request, sink throws(RPCError) in
        try await sink.write(try await request.messages.only())
      }
      try await subject.offering(handler, .atAddress) { call in
        try expectEqual(try await subject.network.call(call, [1]), [1])
        func refusal(_ change: (inout RPCCall) -> Void) async -> RPCError.Code? {
          var other = call
          change(&other)
          do throws(RPCError) {
            _ = try await subject.network.call(other, [1])
            return nil
          } catch {
            return error.code
          }
        }
        try expectEqual(await refusal { $0.metadata = [] }, .unauthenticated)
        try expectEqual(
          await refusal { $0.metadata.fields += $0.metadata.fields }, .unauthenticated,
          "the answer to two credentials")
        try expectEqual(await refusal { $0.service = "hidden" }, .unimplemented)
        try expectEqual(await refusal { $0.service = "absent" }, .unavailable)
        try expectEqual(
          await refusal {
            $0.service = "hidden"
            $0.metadata = []
          }, .unauthenticated, "the answer to a stranger who asks for what is not offered")
      }
    },
    ContractCase("HTTP is answered at the same address") { subject in
      let handler = StreamStub { _, _ throws(RPCError) in }
      try await subject.offering(handler, .atAddress) { call in
        let address = try expectPresent(call.address, "the address")
        try expectEqual(try await subject.get("http://\(address)/").0, 204)
      }
    },
    ContractCase("a call to where nobody listens is unavailable") { subject in
      let handler = StreamStub { _, _ throws(RPCError) in }
      let gone = OneShot<RPCCall>()
      try await subject.offering(handler, .atAddress) { gone.send($0) }
      let call = await gone.value
      try await expectThrows("a call to nobody") {
        try await subject.network.call(call, [])
      } matching: { (error: RPCError) in
        error.code == .unavailable
      }
    },
  ]
}

/// Answers calls with a closure.
struct StreamStub: RPCHandler {
  private let body: @Sendable (RPCRequest, any RPCSink) async throws(RPCError) -> Void

  init(_ body: @escaping @Sendable (RPCRequest, any RPCSink) async throws(RPCError) -> Void) {
    self.body = body
  }

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] {
    throw RPCError(.unimplemented, "a call with streams")
  }

  func answer(_ request: RPCRequest, to sink: any RPCSink) async throws(RPCError) {
    try await body(request, sink)
  }
}

extension NetworkSubject {
  /// Runs `body` while `handler` answers the service `streams`; `body` gets a call that finds it.
  fileprivate func offering(
    _ stub: StreamStub, _ way: Way, _ body: (RPCCall) async throws -> Void
  ) async throws {
    // The question whether it serves already is not for the handler.
    let handler = StreamStub { request, sink throws(RPCError) in
      guard request.method != "Probe" else { return try await sink.write([]) }
      try await stub.answer(request, to: sink)
    }
    let serving = spawner.spawn("rpc streams") {
      try? await network.serve(rpc: "streams", handler)
    }
    let hidden = spawner.spawn("rpc hidden") {
      try? await network.serve(rpc: "hidden", handler)
    }
    defer {
      serving.cancel()
      hidden.cancel()
    }
    var call = RPCCall("streams", "Talk", within: .seconds(30))
    guard way == .atAddress else {
      try await reached(call)
      return try await body(call)
    }
    let (ready, ended) = (OneShot<Result<String, HTTPError>>(), OneShot<Void>())
    let server = spawner.spawn("server") {
      do throws(HTTPError) {
        try await network.serve(
          address, HandlerStub { _ in HTTPResponse(status: 204) },
          exposing: RPCExposure(["streams", "absent"], admits: WordGuard())
        ) { ready.send(.success($0)) }
      } catch {
        ready.send(.failure(error))
      }
      ended.send()
    }
    defer { server.cancel() }
    call.address = try await ready.value.get()
    call.metadata = [HTTPField("authorization", "Bearer word")]
    try await reached(call)
    try await body(call)
    server.cancel()
    await ended.value
  }

  /// Waits until a call finds somebody.
  private func reached(_ call: RPCCall) async throws {
    var probe = call
    probe.method = "Probe"
    try await eventually("the start of the service") {
      (try? await network.call(probe, [])) != nil
    }
  }
}
