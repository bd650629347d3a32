internal import Domain
internal import Glibc
internal import HTTPAdapter
internal import Ports
internal import SystemAdapter

/// A server with nothing behind it, on one loop and with all limits on: what the wire itself costs,
/// and every kind of call for clients that are not ours.
enum WireServer {
  static func run() async -> Int32 {
    do throws(LoopError) {
      let loop = try EventLoop(name: "wire")
      loop.start()
      await loop.root { await serve(on: loop) }.wait()
      return 0
    } catch {
      Output.say("bench: the event loop cannot be made: \(error)")
      return 1
    }
  }

  private static func serve(on loop: EventLoop) async {
    let time = SystemTime(on: loop)
    let network = LocalNetwork(
      on: loop, time: time, pool: BlockingPool(name: "names", threads: 1, waitingMax: 16),
      telemetry: StandardErrorTelemetry(level: .error))
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await stopped(on: loop) }
      group.addTask {
        do throws(HTTPError) {
          try await network.serve(
            "127.0.0.1:0", WireHandler(),
            exposing: RPCExposure([WireCalls.service], admits: Everyone())
          ) { address in announce(address) }
        } catch {
          Output.say("bench: \(error)")
        }
      }
      group.addTask {
        try? await network.serve(rpc: WireCalls.service, WireCalls(time: time))
      }
      await group.next()
      group.cancelAll()
    }
  }

  private static func stopped(on loop: EventLoop) async {
    guard let signals = try? SignalSource(on: loop) else { return }
    _ = try? await signals.next()
  }

  private static func announce(_ address: String) {
    let bytes = Array((address + "\n").utf8)
    _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
  }
}

/// Lets everybody in: there is nothing behind it.
private struct Everyone: RPCGuard {
  func admit(_ request: RPCRequest) async throws(RPCError) {}
}

/// `/hello` is short, `/json` a kilobyte, anything else gives back what it gets.
private struct WireHandler: HTTPHandler {
  private static let hello = Array("Hello, world!".utf8)
  private static let json = Array(
    ("{\"text\":\"" + String(repeating: "x", count: 1_011) + "\"}").utf8)

  func respond(to request: HTTPRequest) async -> HTTPResponse {
    switch request.path {
    case "/hello":
      return HTTPResponse(
        status: 200, fields: [HTTPField("content-type", "text/plain")],
        body: .bytes(WireHandler.hello))
    case "/json":
      return HTTPResponse(
        status: 200, fields: [HTTPField("content-type", "application/json")],
        body: .bytes(WireHandler.json))
    default:
      do throws(HTTPError) {
        return HTTPResponse(status: 200, body: .bytes(try await request.body.collect()))
      } catch {
        return HTTPResponse(status: error == .tooLarge ? 413 : 400)
      }
    }
  }
}

/// One method for each kind of call.
private struct WireCalls: RPCHandler {
  static let service = "millrace.test.Wire"

  let time: SystemTime

  func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] { request }

  func answer(_ request: RPCRequest, to sink: any RPCSink) async throws(RPCError) {
    let messages = request.messages
    switch request.method {
    case "Unary":
      try await sink.write(try await messages.only())
    case "Down":
      let message = try await messages.only()
      for number in 0..<(Int(message.first ?? 0)) {
        try await sink.write(message + [UInt8(truncatingIfNeeded: number)])
      }
    case "Up":
      var sum = 0
      while let message = try await messages.next() { sum += message.count }
      try await sink.write(Array("\(sum)".utf8))
    case "Talk":
      while let message = try await messages.next() { try await sink.write(message) }
    case "Sleep":
      try? await time.sleep(until: .distantFuture)
    case "Metadata":
      let values = request.metadata.all(String(decoding: try await messages.only(), as: UTF8.self))
      try await sink.write(Array(values.joined(separator: "|").utf8))
    default:
      try await fail(request.method)
    }
  }

  /// `Fail5` fails with status 5, a message that needs escaping, and a detail.
  private func fail(_ method: String) async throws(RPCError) {
    guard method.hasPrefix("Fail"), let number = Int(method.dropFirst(4)),
      let code = RPCError.Code(rawValue: number)
    else { throw RPCError(.unimplemented, "there is no method \(method)") }
    throw RPCError(
      code, "100 % wrong: ä\n",
      details: [RPCDetail(type: "type.googleapis.com/millrace.test.Detail", value: [8, 1])])
  }
}
