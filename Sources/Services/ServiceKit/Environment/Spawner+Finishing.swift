public import Ports

extension Spawner {
  /// Does something to its end even though the caller has been cancelled.
  public func finish(_ name: String, _ body: @escaping @Sendable () async -> Void) async {
    await withCheckedContinuation { continuation in
      spawn(name) {
        await body()
        continuation.resume()
      }
    }
  }
}
