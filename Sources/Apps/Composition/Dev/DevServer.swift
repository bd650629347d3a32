internal import ArchiveAdapter
internal import CryptoAdapter
internal import Domain
internal import HTTPAdapter
internal import MetadataService
internal import Ports
internal import SQLiteAdapter
internal import SchedulerService
internal import ServiceKit
internal import Synchronization
internal import SystemAdapter
internal import WorkerService
internal import WorkflowService

/// The whole platform in one process: every service, one worker, the embedded store, one port.
public final class DevServer: Sendable {
  /// `http://host:port`.
  public let url: String
  /// What its user signs in with.
  public let token: String
  public let user = DevServer.userName
  /// How well processes of tasks are contained here.
  public let containment: String

  private static let userName = "admin@local"

  private let parts: DevParts
  private let root: RootTask<Void>

  private init(_ parts: DevParts, url: String, root: RootTask<Void>) {
    self.parts = parts
    self.url = url
    self.root = root
    token = parts.token
    containment = parts.executors.containment
  }

  /// Starts everything and returns when requests are answered.
  ///
  /// Called after `prepareProcess`.
  public static func start(_ configuration: DevConfiguration) async throws(StartFailure)
    -> DevServer
  {
    let parts = try await DevParts.make(configuration)
    let ready = Ready()
    let root = parts.runtime.root { await parts.run(ready) }
    switch await ready.wait() {
    case .success(let address):
      let server = DevServer(parts, url: "http://\(address)", root: root)
      if !configuration.sample.isEmpty { await server.apply(configuration.sample) }
      return server
    case .failure(let failure):
      root.cancel()
      await root.wait()
      await parts.close()
      throw failure
    }
  }

  /// Keeps the stop signals for `runUntilStopped`. In `main`, before any other thread exists.
  public static func prepareProcess() {
    SignalSource.block()
  }

  /// Runs until SIGTERM or SIGINT: then takes no new work, lets tasks end for a while, and stops. A
  /// second signal stops at once.
  public func runUntilStopped() async {
    let hasSignals = await StopSignals.wait(
      on: parts.loop, draining: parts.worker, until: parts.workerEnded)
    if !hasSignals { await root.wait() }
    await stop()
  }

  /// Stops at once: connections are drained, processes of tasks end.
  public func stop() async {
    parts.worker.kill()
    root.cancel()
    await root.wait()
    await parts.close()
  }

  /// Sends a definition to this server, as a client would. Without it everything else still works.
  private func apply(_ definition: String) async {
    await parts.runtime.root { [self] in await send(definition) }.wait()
  }

  private func send(_ definition: String) async {
    let call = HTTPCall(
      method: "POST", url: url + "/v1/workflows",
      fields: [
        HTTPField("Content-Type", "application/yaml"),
        HTTPField("Authorization", "Bearer \(token)"),
      ], body: Array(definition.utf8))
    do throws(HTTPError) {
      let answer = try await parts.network.send(call)
      while try await answer.body.next() != nil {}
      guard (200..<300).contains(answer.status) else {
        throw HTTPError.malformed("status \(answer.status)")
      }
    } catch {
      parts.runtime.telemetry.log(.warning, "sample.not-applied", [("error", "\(error)")])
    }
  }
}

/// Where a server listens, or why it does not: told once, waited for once.
final class Ready: Sendable {
  private let stream: AsyncStream<Result<String, StartFailure>>
  private let feed: AsyncStream<Result<String, StartFailure>>.Continuation

  init() {
    (stream, feed) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  func tell(_ result: Result<String, StartFailure>) {
    feed.yield(result)
    feed.finish()
  }

  func wait() async -> Result<String, StartFailure> {
    for await result in stream { return result }
    return .failure(
      StartFailure("the server ended before it was ready", hint: "see the messages above"))
  }
}
