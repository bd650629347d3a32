internal import SystemAdapter
internal import WorkerService

/// The signals that stop a process.
enum StopSignals {
  /// Returns when SIGTERM or SIGINT has come and the worker, if there is one, has ended its tasks;
  /// a second signal waits for nothing.
  ///
  /// - Returns: whether the system lets signals be waited for at all.
  static func wait(
    on loop: EventLoop, draining worker: WorkerServer?, until workerEnded: Ended
  ) async -> Bool {
    guard let signals = try? SignalSource(on: loop) else { return false }
    await loop.root {
      _ = try? await signals.next()
      guard let worker else { return }
      await worker.drain()
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await workerEnded.wait() }
        group.addTask { _ = try? await signals.next() }
        await group.next()
        group.cancelAll()
      }
    }.wait()
    return true
  }
}
