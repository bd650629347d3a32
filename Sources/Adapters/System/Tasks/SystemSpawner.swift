public import Ports

/// Starts tasks on a loop.
public struct SystemSpawner: Spawner {
  private let loop: EventLoop

  public init(on loop: EventLoop) {
    self.loop = loop
  }

  @discardableResult
  public func spawn(
    _ name: String, _ body: @escaping @Sendable () async -> Void
  ) -> any Spawned {
    SpawnedTask(task: Task(name: name, executorPreference: loop) { await body() })
  }
}

private struct SpawnedTask: Spawned {
  let task: Task<Void, Never>

  func cancel() { task.cancel() }
}
