/// Starts work that outlives its caller. Prefer a task group; this is for roots and callbacks.
///
/// The task runs on the executor of its process, so that a simulated process that is killed or
/// paused takes all of its work with it.
public protocol Spawner: Sendable {
  /// - Parameter name: for traces and for the messages of the deterministic kernel.
  @discardableResult
  func spawn(_ name: String, _ body: @escaping @Sendable () async -> Void) -> any Spawned
}

/// A started task.
public protocol Spawned: Sendable {
  /// Asks the task to stop; it ends when its body returns.
  func cancel()
}
