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
    guard let signals = try? SignalSource(on: parts.runtime.loop) else {
      await root.wait()
      return await parts.close()
    }
    await parts.runtime.root { [parts] in
      _ = try? await signals.next()
      guard let worker = parts.worker else { return }
      await worker.drain()
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await parts.workerEnded.wait() }
        group.addTask { _ = try? await signals.next() }
        await group.next()
        group.cancelAll()
      }
    }.wait()
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
