public import Ports

/// Starts tasks in one incarnation.
public struct SimulatedSpawner: Spawner {
  private let incarnation: Incarnation

  init(_ incarnation: Incarnation) {
    self.incarnation = incarnation
  }

  @discardableResult
  public func spawn(
    _ name: String, _ body: @escaping @Sendable () async -> Void
  ) -> any Spawned {
    SimulatedTask(task: incarnation.spawn(name, body))
  }
}

struct SimulatedTask: Spawned {
  let task: Task<Void, Never>?

  func cancel() { task?.cancel() }
}
