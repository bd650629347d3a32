/// A task that was started on a loop from outside of it, and that its starter waits for.
public struct RootTask<Answer: Sendable>: Sendable {
  private let task: Task<Answer, any Error>

  init(_ task: Task<Answer, any Error>) {
    self.task = task
  }

  /// Asks the task to stop; it ends when its body returns.
  public func cancel() { task.cancel() }

  /// What the body returned or threw.
  public var value: Answer {
    get async throws { try await task.value }
  }

  /// Waits for the end, whatever came of it.
  public func wait() async { _ = await task.result }
}

extension EventLoop {
  /// Runs `body` on this loop. For `main` and other places that are on no loop.
  public func root<Answer: Sendable>(
    _ body: @escaping @Sendable () async throws -> Answer
  ) -> RootTask<Answer> {
    RootTask(Task(executorPreference: self) { try await body() })
  }
}
