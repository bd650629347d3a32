internal import Domain
public import Ports

/// Limits of HTTP calls that tasks make.
public struct HTTPExecutorConfiguration: Sendable {
  /// How long the other side may be silent. The limit of the attempt holds besides.
  public var answerWithin: Duration = .seconds(900)

  public init() {}
}

/// Runs work of the kind `http`: one call, never repeated.
///
/// Calls go through the client of egress: where they may lead is the operator's to say. Offers the
/// outputs `status`, `body` (when it is UTF-8) and `json` (when it is JSON). Reason codes of
/// failures: `http-status`; `http-destination-refused`, `http-invalid` and `http-unreachable`
/// (surely not carried out); `http-outcome-unknown` (sent, and no whole answer came: carried out
/// or not), `http-malformed`, `http-too-large`.
public struct HTTPExecutor: Executor {
  private let client: any EgressClient
  private let time: any Time
  private let spawner: any Spawner
  private let configuration: HTTPExecutorConfiguration

  public init(
    client: any EgressClient, time: any Time, spawner: any Spawner,
    configuration: HTTPExecutorConfiguration = HTTPExecutorConfiguration()
  ) {
    self.client = client
    self.time = time
    self.spawner = spawner
    self.configuration = configuration
  }

  public func accepts(_ work: WorkOrder.Work) -> Bool {
    switch work {
    case .http: true
    case .run, .script, .call, .contained: false
    }
  }

  public func start(_ order: WorkOrder) async throws(ExecutorError) -> any Execution {
    guard case .http(let method, let url, let headers, let body, let expect) = order.work else {
      throw .unsupported("this executor only makes HTTP calls")
    }
    let call = HTTPCall(
      method: method, url: url, fields: HTTPFields(headers), body: body,
      timeout: configuration.answerWithin)
    let lines = LineQueue(order.limits)
    let exchange = HTTPExchange(
      call: call, expect: expect, order: order, client: client, time: time, lines: lines)
    return SpawnedExecution(
      lines: lines, time: time, spawner,
      whenStopped: "stopped while the call was under way; it may "
        + "have taken effect"
    ) {
      await exchange.run()
    }
  }
}
