import SystemAdapter

/// Runs `body` as a task on a loop of its own, which ends afterwards.
func onLoop<Success: Sendable>(
  _ body: @escaping @Sendable (EventLoop) async throws -> Success
) async throws -> Success {
  let loop = try EventLoop(name: "test")
  loop.start()
  let result = await Task(executorPreference: loop) { try await body(loop) }.result
  await BlockingPool.ending { loop.stop() }
  return try result.get()
}

extension BlockingPool {
  /// Runs a call that waits for a thread away from the threads of the tests.
  static func ending(_ work: @escaping @Sendable () -> Void) async {
    let pool = BlockingPool(name: "ending", threads: 1, waitingMax: 1)
    try? await pool.run(work)
    pool.stop()
  }
}
