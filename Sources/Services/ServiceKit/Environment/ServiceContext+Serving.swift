public import Ports

extension ServiceContext {
  /// Answers remote calls until the task is cancelled; what cannot be served now is tried again
  /// after `retryWait`.
  public func serve(
    _ service: String, _ handler: any RPCHandler, on network: any Network, retryWait: Duration
  ) async {
    while !Task.isCancelled {
      do throws(RPCError) {
        try await network.serve(rpc: service, TracedHandler(service, handler, self))
      } catch {
        guard !Task.isCancelled else { return }
        telemetry.log(
          .warning, "rpc.not-served", [("service", service), ("error", error.message)])
        try? await time.sleep(for: retryWait)
      }
    }
  }
}
