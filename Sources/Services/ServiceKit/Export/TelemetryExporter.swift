internal import Contracts
internal import Domain
public import Ports
internal import Wire

/// Where traces and logs go, and how.
public struct TelemetryExport: Sendable {
  /// Who takes them by OTLP over gRPC, as `host:port`.
  public var address: String
  /// What tells: `service.name` and so on.
  public var resource: [(name: String, value: String)]
  public var version: String
  /// How long lines and spans are gathered.
  public var every: Duration = .seconds(1)
  public var itemsPerCallMax: Int = 512
  public var callWithin: Duration = .seconds(10)
  /// After that what one call carries is dropped: newer ones are waiting.
  public var triesMax: Int = 5
  public var retryWait: Duration = .seconds(1)
  public var retryWaitMax: Duration = .seconds(10)
  /// How long the end of the process waits for what is left.
  public var endWithin: Duration = .seconds(3)

  public init(address: String, resource: [(name: String, value: String)], version: String) {
    self.address = address
    self.resource = resource
    self.version = version
  }
}

/// Hands what a buffer holds to a receiver of OTLP over gRPC, a batch at a time.
///
/// Whatever becomes of it, nobody else notices: a receiver that is away costs its own data, counted
/// as `telemetry_dropped`, and one line when it begins and when it is over.
public struct TelemetryExporter: Sendable {
  private enum Signal: String, Sendable {
    case traces, logs
  }

  private let export: TelemetryExport
  private let buffer: TelemetryBuffer
  private let network: any Network
  private let context: ServiceContext

  public init(
    _ export: TelemetryExport, _ buffer: TelemetryBuffer, on network: any Network,
    context: ServiceContext
  ) {
    self.export = export
    self.buffer = buffer
    self.network = network
    self.context = context
  }

  /// Runs until the task is cancelled; then hands over what is left, within a limit.
  public func run() async {
    // Each in its own turn: a batch of one that nobody takes holds the other up no longer.
    await withDiscardingTaskGroup { group in
      group.addTask { await self.run(.traces) }
      group.addTask { await self.run(.logs) }
    }
    await context.spawner.finish("telemetry.end") {
      await withDiscardingTaskGroup { group in
        group.addTask { await self.end(.traces) }
        group.addTask { await self.end(.logs) }
      }
    }
  }

  private func run(_ signal: Signal) async {
    var isAway = false
    while !Task.isCancelled {
      try? await context.time.sleep(for: export.every)
      while !Task.isCancelled, let batch = take(signal) {
        await hand(over: batch, signal, &isAway)
      }
    }
  }

  /// One try for each batch that is left.
  private func end(_ signal: Signal) async {
    let limit = context.time.uptime() + export.endWithin
    while context.time.uptime() < limit, let batch = take(signal) {
      do throws(RPCError) {
        try await call(batch, signal, within: limit - context.time.uptime())
      } catch {
        drop(batch.count, signal, "unreachable")
      }
    }
  }

  // MARK: Batches

  private struct Batch: Sendable {
    var bytes: [UInt8]
    var count: Int
  }

  private func take(_ signal: Signal) -> Batch? {
    switch signal {
    case .traces:
      let (spans, dropped) = buffer.takeSpans(export.itemsPerCallMax)
      drop(dropped, signal, "full")
      guard !spans.isEmpty else { return nil }
      return Batch(
        bytes: ExportTraceServiceRequest(spans, of: export).encoded(), count: spans.count)
    case .logs:
      let (lines, dropped) = buffer.takeLines(export.itemsPerCallMax)
      drop(dropped, signal, "full")
      guard !lines.isEmpty else { return nil }
      return Batch(
        bytes: ExportLogsServiceRequest(lines, of: export).encoded(), count: lines.count)
    }
  }

  private func drop(_ count: Int, _ signal: Signal, _ why: String) {
    guard count > 0 else { return }
    context.telemetry.count(
      "telemetry_dropped", count, [("signal", signal.rawValue), ("why", why)])
  }

  private func hand(over batch: Batch, _ signal: Signal, _ isAway: inout Bool) async {
    var wait = export.retryWait
    for number in 1...max(export.triesMax, 1) {
      do throws(RPCError) {
        try await call(batch, signal, within: export.callWithin)
        if isAway { say(.info, "telemetry.reachable", signal, "") }
        isAway = false
        return
      } catch {
        if Task.isCancelled { return drop(batch.count, signal, "stopped") }
        if !isAway { say(.warning, "telemetry.unreachable", signal, error.message) }
        isAway = true
        guard error.mayPass else { return drop(batch.count, signal, "refused") }
        guard number < export.triesMax else { return drop(batch.count, signal, "unreachable") }
        try? await context.time.sleep(for: wait)
        wait = min(wait * 2, export.retryWaitMax)
      }
    }
  }

  private func say(_ level: LogLevel, _ event: String, _ signal: Signal, _ error: String) {
    context.telemetry.log(
      level, event,
      [("signal", signal.rawValue), ("receiver", export.address), ("error", error)])
  }

  private func call(
    _ batch: Batch, _ signal: Signal, within length: Duration
  ) async throws(RPCError) {
    let (service, method) =
      switch signal {
      case .traces: (TraceServiceMethods.service, TraceServiceMethods.export)
      case .logs: (LogsServiceMethods.service, LogsServiceMethods.export)
      }
    let answer = try await network.call(
      RPCCall(service, method, at: export.address, within: length), batch.bytes)
    // A receiver may take a part; what it did not take it would not take again.
    switch signal {
    case .traces:
      let rejected = (try? ExportTraceServiceResponse(decoding: answer))?.partialSuccess
      drop(Int(clamping: rejected?.rejectedSpans ?? 0), signal, "refused")
    case .logs:
      let rejected = (try? ExportLogsServiceResponse(decoding: answer))?.partialSuccess
      drop(Int(clamping: rejected?.rejectedLogRecords ?? 0), signal, "refused")
    }
  }
}

extension RPCError {
  /// What the protocol of OTLP lets a sender try again.
  fileprivate var mayPass: Bool {
    switch code {
    case .cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss,
      .resourceExhausted:
      true
    case .unknown, .invalidArgument, .notFound, .alreadyExists, .permissionDenied,
      .failedPrecondition, .unimplemented, .internal, .unauthenticated:
      false
    }
  }
}
