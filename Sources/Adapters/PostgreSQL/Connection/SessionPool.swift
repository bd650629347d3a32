internal import Domain
public import Ports
public import SystemAdapter

/// The connections of one process to one database.
///
/// Exchanges go to the connection with the fewest under way. When none is there they wait, until
/// their time is over. Lost connections are made anew, again and again, until `close`.
public final class SessionPool: @unchecked Sendable {
  let configuration: PostgreSQLConfiguration
  let time: any Time
  let loop: EventLoop
  private let telemetry: any Telemetry
  private let randomness: any Randomness
  private let ending = PreparedText(
    """
    SELECT pg_terminate_backend(pid, 1000)::int::bigint FROM pg_stat_activity \
    WHERE application_name = ANY ($1::text[]) AND usename = current_user
    """)

  private let question = PreparedText("SELECT 1::bigint")

  // Touched on the loop only.
  private var sessions: [Session] = []
  private var waiting: [Exchange] = []
  private var firstWaiting = 0
  /// Names of connections that were lost while something was written.
  private var lost: [String] = []
  private var isClosed = false
  private var isHealthy = true
  /// What was last said about connections that fail; said again when it changes.
  private var complaint: String?
  /// While a connection is begun, which may fail before it is in the list.
  private var isBeginning = false
  private var reconnecting: LoopTimer?
  private var patience: LoopTimer?

  public init(
    _ configuration: PostgreSQLConfiguration, on loop: EventLoop, time: any Time,
    randomness: any Randomness, telemetry: any Telemetry
  ) {
    self.configuration = configuration
    self.loop = loop
    self.time = time
    self.randomness = randomness
    self.telemetry = telemetry
  }

  /// Sends the calls as one transaction and waits for its answers.
  func run(_ calls: [ServerCall], isWrite: Bool = false) async -> Exchange.Outcome {
    let answer = PendingAnswer<Exchange.Outcome>()
    let start = time.uptime()
    let exchange = Exchange(calls, isWrite: isWrite, until: start + configuration.answerWithin) {
      answer.end($0)
    }
    defer { measure(since: start, isWrite: isWrite) }
    return await withTaskCancellationHandler {
      await answer.value { begin(exchange) }
    } onCancel: {
      exchange.end(.failure(.lost("the caller was cancelled")))
    }
  }

  /// From when somebody wanted an exchange to its answer, the wait for a connection included.
  func measure(since start: Uptime, isWrite: Bool) {
    telemetry.measure(
      "database_exchange", time.uptime() - start,
      [("schema", configuration.schema), ("kind", isWrite ? "write" : "read")])
  }

  /// Sends the exchange, which is told of its end.
  func begin(_ exchange: Exchange) {
    loop.perform { self.take(exchange) }
  }

  /// The texts in the first column of what a statement gives: for tools that look at the server.
  ///
  /// - Throws: `.refused` with the server's words, `.unavailable`.
  public func texts(_ sql: String) async throws(StoreError) -> [String] {
    switch await run([ServerCall(PreparedText(sql))]) {
    case .success(let answers):
      guard let answer = answers.first else { return [] }
      return (0..<answer.rowCount).map { answer.text($0, 0) }
    case .failure(let failure): throw StoreError(failure, isWrite: false)
    }
  }

  /// Asks the server something that it always knows.
  ///
  /// - Returns: why there was no answer; nil when there was one.
  public func fault() async -> String? {
    switch await run([ServerCall(question)]) {
    case .success: nil
    case .failure(let failure): failure.message
    }
  }

  /// Has the server end what lost connections have left there.
  ///
  /// - Returns: whether all of it has surely ended.
  func endLost() async -> Bool {
    let names = await withCheckedContinuation { continuation in
      loop.perform { continuation.resume(returning: self.lost) }
    }
    guard !names.isEmpty else { return true }
    let wanted = Parameter(array: names.map { .text($0) }, .text)
    guard case .success(let answers) = await run([ServerCall(ending, [wanted])]),
      let answer = answers.first, (0..<answer.rowCount).allSatisfy({ answer.integer($0, 0) == 1 })
    else { return false }
    await withCheckedContinuation { continuation in
      loop.perform {
        self.lost.removeAll { names.contains($0) }
        continuation.resume()
      }
    }
    return true
  }

  /// Ends all connections; whoever waits is answered.
  public func close() async {
    await withCheckedContinuation { continuation in
      loop.perform {
        self.isClosed = true
        self.reconnecting?.cancel()
        self.patience?.cancel()
        for session in self.sessions { session.close(.lost("the store was closed")) }
        self.sessions = []
        for exchange in self.waiting[self.firstWaiting...] {
          exchange.end(.failure(.unreachable("the store was closed")))
        }
        self.waiting = []
        self.firstWaiting = 0
        continuation.resume()
      }
    }
  }

  // MARK: On the loop

  private func take(_ exchange: Exchange) {
    guard !isClosed else { return exchange.end(.failure(.unreachable("the store was closed"))) }
    if firstWaiting == waiting.count, let session = freest() { return session.send(exchange) }
    guard waiting.count - firstWaiting < configuration.waitingMax else {
      return exchange.end(
        .failure(.unreachable("\(configuration.waitingMax) calls wait for the database already")))
    }
    waiting.append(exchange)
    connect()
    watchPatience()
  }

  /// The ready session with the fewest exchanges; nil when all are full. Another connection is made
  /// while there may be more and none is idle.
  private func freest() -> Session? {
    let ready = sessions.filter { $0.phase == .ready && $0.inFlight < configuration.inFlightMax }
    let best = ready.min { $0.inFlight < $1.inFlight }
    if best?.inFlight != 0 { connect() }
    return best
  }

  private func connect() {
    guard !isClosed, isHealthy, !isBeginning, sessions.count < configuration.connectionsMax,
      !sessions.contains(where: { $0.phase == .connecting })
    else { return }
    let deadline = time.uptime() + configuration.connectWithin
    // At most 63 bytes are kept of it.
    let name =
      "millrace-\(configuration.schema.prefix(36))-\(String(randomness.next(), radix: 16))"
    isBeginning = true
    let session = Session(configuration, named: name, on: loop, until: deadline) { [weak self] in
      self?.changed()
    }
    isBeginning = false
    guard let session else { return connectLater("there is no memory for a connection") }
    sessions.append(session)
    // It may have failed at once.
    if session.phase == .closed { changed() }
  }

  private func changed() {
    guard !isBeginning else { return }
    for session in sessions where session.phase == .closed {
      if session.isInDoubt { lost.append(session.name) }
      connectLater(session.lastMessage)
    }
    sessions.removeAll { $0.phase == .closed }
    if complaint != nil, sessions.contains(where: { $0.phase == .ready }) {
      complaint = nil
      telemetry.log(.info, "database.connected", [])
    }
    while firstWaiting < waiting.count {
      guard let session = freest() else { break }
      session.send(takeFirst())
    }
    if firstWaiting < waiting.count { connect() }
  }

  private func takeFirst() -> Exchange {
    defer {
      firstWaiting += 1
      if firstWaiting == waiting.count {
        waiting.removeAll(keepingCapacity: true)
        firstWaiting = 0
      }
    }
    return waiting[firstWaiting]
  }

  private func connectLater(_ why: String) {
    guard !isClosed, isHealthy else { return }
    isHealthy = false
    if why != complaint {
      complaint = why
      telemetry.log(.warning, "database.connection-lost", [("error", why)])
    }
    let timer =
      reconnecting
      ?? LoopTimer(on: loop) { [weak self] isDue in
        guard let self, isDue else { return }
        isHealthy = true
        changed()
      }
    reconnecting = timer
    timer.set(to: time.uptime() + configuration.reconnectEvery)
  }

  /// Whoever has waited too long was never sent.
  private func watchPatience() {
    guard firstWaiting < waiting.count else { return }
    let timer =
      patience
      ?? LoopTimer(on: loop) { [weak self] isDue in
        guard let self, isDue else { return }
        let now = time.uptime()
        while firstWaiting < waiting.count, endOfWait(waiting[firstWaiting]) <= now {
          let why = complaint.map { ": \($0)" } ?? ""
          takeFirst().end(.failure(.unreachable("there is no connection to the database\(why)")))
        }
        watchPatience()
      }
    patience = timer
    timer.set(to: endOfWait(waiting[firstWaiting]))
  }

  /// Until when an exchange may wait for a connection.
  private func endOfWait(_ exchange: Exchange) -> Uptime {
    exchange.deadline + min(.zero, configuration.reachWithin - configuration.answerWithin)
  }
}
