internal import Domain
internal import Ports

extension NetworkContract {
  static let remoteCalls: [ContractCase<NetworkSubject>] = [
    ContractCase("a remote call is answered by who serves it, errors included") { subject in
      let handler = HandlerStub { method, request throws(RPCError) in
        guard method != "fail" else { throw RPCError(.failedPrecondition, "not now") }
        return Array(method.utf8) + request
      }
      try await subject.serving(rpc: ["greeter": handler]) {
        let answer = try await subject.call("greeter", "hello", [1, 2])
        try expectEqual(answer, Array("hello".utf8) + [1, 2])
        try await expectThrows(RPCError(.failedPrecondition, "not now")) {
          try await subject.call("greeter", "fail", [])
        }
      }
    },
    ContractCase("a call to a service that nobody serves is unavailable") { subject in
      try await expectThrows("a call to nobody") {
        try await subject.call("nobody", "hello", [])
      } matching: { (error: RPCError) in
        error.code == .unavailable
      }
    },
    ContractCase("a service that has ended is unavailable") { subject in
      try await subject.serving(rpc: ["greeter": HandlerStub { _, _ in [] }]) {
        _ = try await subject.call("greeter", "hello", [])
      }
      try await subject.eventually("the end of the service") {
        (try? await subject.call("greeter", "hello", [])) == nil
      }
    },
    ContractCase("a call that is not answered ends at its deadline, not before") { subject in
      let cancelled = OneShot<Void>()
      let handler = HandlerStub { _, _ in
        do { try await subject.time.sleep(until: .distantFuture) } catch { cancelled.send() }
        return []
      }
      try await subject.serving(rpc: ["sleeper": handler]) {
        let begin = subject.time.uptime()
        try await expectThrows("a call without an answer") {
          try await subject.network.call("sleeper", "hello", [], within: .milliseconds(20))
        } matching: { (error: RPCError) in
          error.code == .deadlineExceeded
        }
        let waited = subject.time.uptime() - begin
        try expect(waited >= .milliseconds(20), "given up after \(waited) already")
        try await subject.eventually("the cancellation of the handler") { cancelled.isSent }
      }
    },
    ContractCase("a cancelled call returns at once") { subject in
      let (arrived, returned) = (OneShot<Void>(), OneShot<RPCError?>())
      let handler = HandlerStub { _, _ in
        arrived.send()
        try? await subject.time.sleep(until: .distantFuture)
        return []
      }
      try await subject.serving(rpc: ["sleeper": handler]) {
        let task = subject.spawner.spawn("caller") {
          do throws(RPCError) {
            _ = try await subject.call("sleeper", "hello", [])
            returned.send(nil)
          } catch {
            returned.send(error)
          }
        }
        await arrived.value
        task.cancel()
        try expectEqual(await returned.value?.code, .cancelled)
      }
    },
    ContractCase("several that serve the same service share its calls") { subject in
      let (left, right) = (Tally(), Tally())
      let first = HandlerStub { _, _ in [UInt8(left.add(1) > 0 ? 1 : 0)] }
      let second = HandlerStub { _, _ in [UInt8(right.add(1) > 0 ? 2 : 0)] }
      try await subject.serving(rpc: ["pair": first]) {
        try await subject.serving(rpc: ["pair": second]) {
          try await subject.eventually("a call to each") {
            _ = try? await subject.call("pair", "hello", [])
            return left.value > 0 && right.value > 0
          }
        }
      }
    },
  ]
}

extension NetworkSubject {
  /// Unlike `network.call`, with a deadline that does not matter.
  func call(
    _ service: String, _ method: String, _ request: [UInt8]
  ) async throws(RPCError) -> [UInt8] {
    try await network.call(service, method, request, within: .seconds(30))
  }

  /// Runs `body` while the handlers serve.
  func serving(
    rpc handlers: [String: HandlerStub], _ body: () async throws -> Void
  ) async throws {
    let probe = "are you there?"
    let tasks = handlers.map { name, handler in
      // The question whether it serves already is not for the handler.
      let handler = HandlerStub { method, request throws(RPCError) in
        method == probe ? [] : try await handler.answer(method, request)
      }
      return spawner.spawn("rpc \(name)") { try? await network.serve(rpc: name, handler) }
    }
    defer { for task in tasks { task.cancel() } }
    for name in handlers.keys {
      try await eventually("the start of \(name)") {
        (try? await call(name, probe, [])) != nil
      }
    }
    try await body()
  }
}
