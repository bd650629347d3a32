internal import SystemAdapter
internal import WorkerService

/// One process of an installation.
public final class ServeServer: Sendable {
  /// `host:port`.
  public let address: String
  private let parts: ServeParts
  private let root: RootTask<Void>

  private init(_ parts: ServeParts, address: String, root: RootTask<Void>) {
    self.parts = parts
    self.address = address
    self.root = root
  }

  /// Starts everything and returns when requests are answered.
  ///
  /// Called after `DevServer.prepareProcess`.
  public static func start(
    _ configuration: ServeConfiguration
  ) async throws(StartFailure) -> ServeServer {
    let parts = try await ServeParts.make(configuration)
    let ready = Ready()
    let root = parts.runtime.root { await parts.run(ready) }
    switch await ready.wait() {
    case .success(let address): return ServeServer(parts, address: address, root: root)
    case .failure(let failure):
      root.cancel()
      await root.wait()
      await parts.close()
      throw failure
    }
  }

  /// Runs until SIGTERM or SIGINT: then takes no new work, lets tasks end for a while, and stops. A
  /// second signal stops at once.
  public func runUntilStopped() async {
    let hasSignals = await StopSignals.wait(
      on: parts.runtime.loop, draining: parts.worker, until: parts.workerEnded)
    if !hasSignals { await root.wait() }
    await stop()
  }

  /// Stops at once: connections are drained, processes of tasks end.
  public func stop() async {
    parts.worker?.kill()
    root.cancel()
    await root.wait()
    await parts.close()
  }
}
