import CryptoAdapter
import Domain
import Foundation
import HTTPAdapter
import Ports
import Synchronization
import SystemAdapter
import Testing

@testable import Composition

/// T-MTLS: processes call each other only when both have shown certificates that the other one
/// believes.
@Suite(.timeLimit(.minutes(5)))
struct ServiceTLSTests {
  /// Files of certificates in a folder of their own.
  private final class Folder: Sendable {
    let path: String

    init() throws {
      path = NSTemporaryDirectory() + "millrace-tls-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
      try text.write(toFile: path + "/" + name, atomically: true, encoding: .utf8)
    }

    func put(_ name: String, _ pair: DevelopmentAuthority.Pair) throws {
      try write(name + ".pem", pair.certificate)
      try write(name + ".key", pair.key)
    }

    func files(_ name: String, authority: String = "ca", peers: [String] = []) -> TLSFiles {
      var files = TLSFiles(
        certificate: "\(path)/\(name).pem", key: "\(path)/\(name).key",
        authority: "\(path)/\(authority).pem")
      files.peers = peers
      return files
    }
  }

  private static let here = ["127.0.0.1", "localhost"]

  private static func folder() throws -> Folder {
    let folder = try Folder()
    let authority = try DevelopmentAuthority(name: "ours", days: 10)
    let stranger = try DevelopmentAuthority(name: "ours", days: 10)
    try folder.put("ca", authority.pair)
    try folder.put("other-ca", stranger.pair)
    try folder.put("server", authority.issue("server", hosts: here + ["server"], days: 1))
    try folder.put("client", authority.issue("client", hosts: ["client"], days: 1))
    try folder.put("elsewhere", authority.issue("elsewhere", hosts: ["10.0.0.1"], days: 1))
    try folder.put("old", authority.issue("old", hosts: here + ["client"], days: -1))
    try folder.put("stranger", stranger.issue("client", hosts: here + ["client"], days: 1))
    return folder
  }

  private struct Everyone: RPCGuard {
    func admit(_ request: RPCRequest) async throws(RPCError) {}
  }

  private struct Echo: RPCHandler, HTTPHandler {
    func answer(_ method: String, _ request: [UInt8]) async throws(RPCError) -> [UInt8] { request }

    func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(status: 204) }
  }

  private static func network(
    _ runtime: Runtime, _ files: TLSFiles?, peer: String? = nil
  ) throws -> LocalNetwork {
    var configuration = LocalNetwork.Configuration()
    if let files {
      configuration.keeper = try TLSKeeper(
        files, lookEvery: .zero, telemetry: runtime.telemetry)
    }
    if let peer { configuration.peers = ["a.Echo": [peer]] }
    return LocalNetwork(
      on: runtime.loop, time: runtime.time, pool: runtime.pool, telemetry: runtime.telemetry,
      configuration: configuration)
  }

  /// Runs `body` while a process serves with these files; its argument is where.
  private func serving(
    _ files: TLSFiles?, _ body: @escaping @Sendable (Runtime, String) async throws -> Void
  ) async throws {
    let runtime = try Runtime.administration()
    let outcome = Outcome()
    await runtime.root {
      do {
        let network = try Self.network(runtime, files)
        let (addresses, feed) = AsyncStream<String>.makeStream()
        let tasks = [
          Task(executorPreference: runtime.loop) {
            try? await network.serve(rpc: "a.Echo", Echo())
          },
          Task(executorPreference: runtime.loop) {
            try? await network.serve(
              "127.0.0.1:0", Echo(), exposing: RPCExposure(["a.Echo"], admits: Everyone())
            ) { feed.yield($0) }
            feed.finish()
          },
        ]
        for await address in addresses {
          try await body(runtime, address)
          break
        }
        for task in tasks { task.cancel() }
      } catch {
        outcome.failed(error)
      }
    }.wait()
    runtime.stop()
    if let error = outcome.error { throw error }
  }

  private final class Outcome: Sendable {
    private let state = Mutex<(any Error)?>(nil)
    var error: (any Error)? { state.withLock { $0 } }
    func failed(_ error: any Error) { state.withLock { $0 = error } }
  }

  private static func call(
    _ runtime: Runtime, _ files: TLSFiles?, at address: String, _ bytes: [UInt8] = [1, 2, 3]
  ) async throws -> Result<[UInt8], RPCError> {
    let network = try network(runtime, files, peer: address)
    do throws(RPCError) {
      return .success(try await network.call("a.Echo", "Say", bytes, within: .seconds(20)))
    } catch {
      return .failure(error)
    }
  }

  @Test func `processes that believe each other exchange everything`() async throws {
    let folder = try Self.folder()
    try await serving(folder.files("server")) { runtime, address in
      let large = [UInt8](repeating: 7, count: 1_000_000)
      for bytes in [[], [1], large] {
        let answer = try await Self.call(runtime, folder.files("client"), at: address, bytes)
        #expect(answer == .success(bytes))
      }
    }
  }

  @Test(arguments: [
    ("server", "client", "", true), ("server", "client", "client", true),
    ("server", "client", "somebody", false), ("server", "client", "clien", false),
    ("server", "stranger", "", false), ("server", "old", "", false), ("server", "", "", false),
    ("elsewhere", "client", "", false), ("old", "client", "", false),
    ("stranger", "client", "", false), ("", "client", "", false),
  ])
  func `whoever one of them does not believe gets no answer`(
    _ server: String, _ client: String, _ peer: String, _ isGood: Bool
  ) async throws {
    let folder = try Self.folder()
    let serving = server.isEmpty ? nil : folder.files(server, peers: peer.isEmpty ? [] : [peer])
    try await self.serving(serving) { runtime, address in
      let files = client.isEmpty ? nil : folder.files(client)
      let answer = try await Self.call(runtime, files, at: address)
      switch answer {
      case .success: #expect(isGood)
      case .failure(let error): #expect(!isGood && error.code == .unavailable, "\(error)")
      }
    }
  }

  /// Clients that want to take a session up again, as gateways do, begin a new one.
  @Test(arguments: ["-tls1_2", "-tls1_3"])
  func `another's client connects again and again`(_ version: String) async throws {
    let folder = try Self.folder()
    try await serving(folder.files("server")) { runtime, address in
      let client = Process()
      client.executableURL = URL(filePath: "/usr/bin/env")
      client.arguments = [
        "openssl", "s_client", "-connect", address, version, "-reconnect", "-alpn", "h2",
        "-cert", folder.path + "/client.pem", "-key", folder.path + "/client.key",
        "-CAfile", folder.path + "/ca.pem", "-verify_return_error",
      ]
      let output = Pipe()
      client.standardInput = FileHandle.nullDevice
      client.standardOutput = output
      client.standardError = output
      let text = try await withCheckedThrowingContinuation { continuation in
        // A thread of its own: the loop serves meanwhile.
        Thread.detachNewThread {
          do {
            try client.run()
            let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
            client.waitUntilExit()
            continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
          } catch {
            continuation.resume(throwing: error)
          }
        }
      }
      #expect(client.terminationStatus == 0, "\(text.suffix(500))")
      #expect(text.contains("Verify return code: 0 (ok)"))
      #expect(!text.contains("alert"), "\(text.suffix(500))")
      #expect(!text.contains("Reused,"))
    }
  }

  @Test func `new connections show what the files hold now`() async throws {
    let folder = try Self.folder()
    let authority = try DevelopmentAuthority(name: "the next", days: 10)
    try await serving(folder.files("server")) { runtime, address in
      #expect(
        try await Self.call(runtime, folder.files("client"), at: address) == .success([1, 2, 3]))
      try folder.put("ca", authority.pair)
      // The server's own is not renewed yet: what it shows is of nobody whom the client believes.
      try folder.put("client", authority.issue("client", hosts: ["client"], days: 1))
      let between = try await Self.call(runtime, folder.files("client"), at: address)
      #expect(throws: RPCError.self) { try between.get() }
      try folder.put("server", authority.issue("server", hosts: Self.here, days: 1))
      #expect(
        try await Self.call(runtime, folder.files("client"), at: address) == .success([1, 2, 3]))
      // A renewal that went wrong cuts nobody off.
      try folder.write("server.pem", "half of a certif")
      #expect(
        try await Self.call(runtime, folder.files("client"), at: address) == .success([1, 2, 3]))
    }
  }

  @Test(arguments: [
    ("missing", "server", "ca"), ("server", "missing", "ca"), ("server", "server", "missing"),
    ("server", "client", "ca"), ("empty", "server", "ca"), ("server", "server", "empty"),
  ])
  func `files that are of no use are named`(
    _ certificate: String, _ key: String, _ authority: String
  ) throws {
    let folder = try Self.folder()
    try folder.write("empty.pem", "")
    var files = folder.files(certificate, authority: authority)
    files.key = "\(folder.path)/\(key).key"
    let runtime = try Runtime.administration()
    defer { runtime.stop() }
    let error = #expect(throws: TLSFailure.self) {
      try TLSKeeper(files, telemetry: runtime.telemetry)
    }
    #expect(error?.description.contains(folder.path) == true)
  }

  @Test func `other machines are served in the clear only when that is said`() throws {
    var configuration = ServeConfiguration(services: [.worker])
    configuration.brokers = "a:1"
    configuration.serviceKeyFile = "key"
    for service in [ServiceName.scheduler, .artifact, .iam] {
      configuration.peers[service] = ["a:1"]
    }
    for host in ["127.0.0.1", "::1", "localhost", "127.9.9.9"] {
      configuration.host = host
      try configuration.check()
    }
    for host in ["0.0.0.0", "10.0.0.1", "::", "127.0.0.1.example", "example"] {
      configuration.host = host
      configuration.allowsPlaintext = false
      #expect(throws: StartFailure.self) { try configuration.check() }
      configuration.allowsPlaintext = true
      try configuration.check()
    }
  }
}
