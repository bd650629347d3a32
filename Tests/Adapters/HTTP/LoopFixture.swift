import SystemAdapter

/// Runs `body` as a task on a loop of its own, which ends afterwards.
func withLoop<Success: Sendable>(
  _ body: @escaping @Sendable (EventLoop) async throws -> Success
) async throws -> Success {
  let loop = try EventLoop(name: "test")
  loop.start()
  let result = await Task(executorPreference: loop) { try await body(loop) }.result
  // Stopping waits for a thread, which the threads of the tests must not do.
  let pool = BlockingPool(name: "stopper", threads: 1, waitingMax: 1)
  try? await pool.run { loop.stop() }
  pool.stop()
  return try result.get()
}
