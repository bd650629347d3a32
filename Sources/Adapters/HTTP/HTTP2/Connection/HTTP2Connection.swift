internal import Domain
internal import Ports
internal import SystemAdapter

/// One HTTP/2 connection on its socket, ours or a client's: carries bytes between the socket, the
/// session and the tasks that read and write streams.
actor HTTP2Connection {
  /// What a server does with a request.
  typealias Acceptor = @Sendable (isolated HTTP2Connection, HTTP2Stream, HeaderBlock) -> Void

  let loop: EventLoop
  let session: HTTP2Session
  let channel: SocketChannel
  let settings: HTTP2Settings
  let peer: String
  private let accept: Acceptor?

  var streams: [Int32: HTTP2Stream] = [:]
  /// Handlers that have not returned, whatever became of their streams.
  private(set) var handlersRunning = 0
  private var whenQuiet: CheckedContinuation<Void, Never>?

  private var writing: Task<Void, Never>?
  private var parked: CheckedContinuation<Void, Never>?
  private var isSending = false
  private(set) var isOver = false

  // What the clock decides on.
  private var tick: LoopTimer?
  private let begun: Uptime
  private var idleSince: Uptime?
  private var heardAt: Uptime
  private var askedAt: Uptime?
  private var lingerUntil: Uptime?
  private var finalAt: Uptime?
  private(set) var drain = Drain.none

  enum Drain: Hashable, Sendable {
    case none
    /// The end was announced; what is on its way may still come until then.
    case announced(until: Uptime)
    /// Nothing new is taken.
    case final
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameter accept: what becomes of requests; nil on clients.
  init(
    _ channel: SocketChannel, session: HTTP2Session, settings: HTTP2Settings, peer: String,
    on loop: EventLoop, accept: Acceptor?
  ) {
    self.channel = channel
    self.session = session
    self.settings = settings
    self.peer = peer
    self.loop = loop
    self.accept = accept
    begun = session.now
    heardAt = session.now
    idleSince = session.now
  }

  var isServer: Bool { accept != nil }

  /// Carries bytes until the connection is over and every handler has returned.
  ///
  /// - Parameter first: what has been read already.
  func run(_ first: [UInt8] = []) async {
    writing = Task(executorPreference: loop) { await self.write() }
    startTicking()
    let failure = await read(first)
    if let failure, let farewell = farewell(failure) {
      try? await channel.write(farewell, stallMax: settings.lingerMax)
      await linger()
    }
    end()
    await writing?.value
    writing = nil
    if handlersRunning > 0 {
      await withCheckedContinuation { whenQuiet = $0 }
    }
  }

  /// Nil when the peer does not even take what was said before: nothing can be put behind that, and
  /// one task at a time writes.
  private func farewell(_ failure: HTTP2Failure) -> [UInt8]? {
    guard !channel.isClosed, !isSending else { return nil }
    stopWriting()
    return session.lastWord(failure)
  }

  // MARK: - Reading

  private func read(_ first: [UInt8]) async -> HTTP2Failure? {
    do throws(HTTP2Failure) {
      if !first.isEmpty { try take(first.span) }
      while true {
        var failure: HTTP2Failure?
        let more: Bool
        do throws(HTTPError) {
          more = try await channel.read(until: .distantFuture) { bytes in
            // What comes after the last word is dropped, until the peer has seen that.
            guard session.isOpen else { return }
            do throws(HTTP2Failure) { try take(bytes) } catch { failure = error }
          }
        } catch {
          return nil
        }
        if let failure { throw failure }
        guard more else { return nil }
      }
    } catch {
      handleEvents()
      return error
    }
  }

  private func take(_ bytes: Span<UInt8>) throws(HTTP2Failure) {
    let now = ProcessClock.uptime()
    heardAt = now
    try session.receive(bytes, at: now)
    handleEvents()
    signal()
  }

  private func handleEvents() {
    for event in session.takeEvents() {
      switch event {
      case .head(let id, let block, let isEnd): handleHead(id, block, isEnd: isEnd)
      case .trailers(let id, let block):
        streams[id]?.trailers = block
        ended(id)
      case .data(let id, let bytes): arrived(id, bytes)
      case .end(let id): ended(id)
      case .sentAll(let id): sentAll(id)
      case .room(let id): streams[id]?.writing.becomeReady()
      case .closed(let id, let code): closed(id, code)
      case .pingAnswered: pingAnswered()
      case .goAway: if !isServer { takeNoMore() }
      }
    }
  }

  private func handleHead(_ id: Int32, _ block: HeaderBlock, isEnd: Bool) {
    guard let accept else {
      guard let stream = streams[id] else { return }
      stream.head = block
      stream.hasEnded = isEnd
      return stream.reading.becomeReady()
    }
    guard handlersRunning < session.limits.streamsMax else {
      return session.reset(id, .refusedStream)
    }
    let stream = HTTP2Stream(id, on: loop)
    stream.hasEnded = isEnd
    streams[id] = stream
    idleSince = nil
    accept(self, stream, block)
  }

  /// A stream that this side begins.
  func begin(_ stream: HTTP2Stream) {
    streams[stream.id] = stream
    idleSince = nil
  }

  private func ended(_ id: Int32) {
    guard let stream = streams[id] else { return }
    stream.hasEnded = true
    stream.reading.becomeReady()
  }

  private func closed(_ id: Int32, _ code: HTTP2Code) {
    guard let stream = streams[id] else { return }
    stream.isClosed = true
    if !stream.hasEnded || code != .none {
      stream.code = code
      if !stream.hasEnded { stream.failure = stream.failure ?? .disconnected }
      if code != .none { stream.task?.cancel() }
    }
    stream.wake()
    if stream.task == nil, isServer { forget(id) }
  }

  // MARK: - Writing

  /// Lets the writer look for what is to be sent, once this turn of the loop is over.
  func signal() {
    guard let parked else { return }
    self.parked = nil
    parked.resume()
  }

  private func write() async {
    while !isOver {
      let bytes = session.takeOutput(upTo: 65_536, at: ProcessClock.uptime())
      handleEvents()
      if bytes.isEmpty {
        await withCheckedContinuation { parked = $0 }
        continue
      }
      isSending = true
      defer { isSending = false }
      do throws(HTTPError) {
        try await channel.write(bytes, stallMax: settings.writeStallMax)
      } catch {
        return abandon()
      }
      if !session.isOpen { endSending() }
    }
  }

  /// Everything has been said. A socket that is closed with unread bytes takes back what it has
  /// sent, so the peer's end is waited for.
  private func endSending() {
    guard lingerUntil == nil else { return }
    lingerUntil = ProcessClock.uptime() + settings.lingerMax
    channel.endSending()
  }

  private func stopWriting() {
    isOver = true
    signal()
  }

  /// Ends our side and drops what still comes for a while.
  private func linger() async {
    stopWriting()
    channel.endSending()
    let deadline = ProcessClock.uptime() + settings.lingerMax
    while (try? await channel.read(until: deadline) { _ in }) == true {}
  }

  // MARK: - Handlers

  /// Runs what answers a request.
  func start(
    _ stream: HTTP2Stream, _ body: @escaping @Sendable (isolated HTTP2Connection) async -> Void
  ) {
    handlersRunning += 1
    let id = stream.id
    stream.task = Task(executorPreference: loop) {
      await self.handle(id, body)
    }
  }

  private func handle(
    _ id: Int32, _ body: @Sendable (isolated HTTP2Connection) async -> Void
  ) async {
    await body(self)
    handlersRunning -= 1
    if let stream = streams[id] {
      stream.task = nil
      let dropped = stream.dropPieces()
      if stream.isClosed { forget(id) } else { session.consumed(id, dropped) }
    }
    signal()
    settle()
    if handlersRunning == 0 {
      whenQuiet?.resume()
      whenQuiet = nil
    }
  }

  func forget(_ id: Int32) {
    streams.removeValue(forKey: id)?.close()
    settle()
  }

  private func settle() {
    guard streams.isEmpty, handlersRunning == 0 else { return }
    idleSince = idleSince ?? ProcessClock.uptime()
    if drain == .final, !isServer { close() }
  }

  // MARK: - Ending

  /// Takes no new streams soon, and ends when those that there are have ended.
  func beginDrain() {
    guard drain == .none, !isOver else { return }
    if isServer {
      session.announceEnd()
      drain = .announced(until: ProcessClock.uptime() + .seconds(1))
    } else {
      takeNoMore()
    }
    signal()
  }

  private func takeNoMore() {
    drain = .final
    settle()
  }

  private func pingAnswered() {
    askedAt = nil
    if case .announced = drain { refuseNew() }
  }

  private func refuseNew() {
    drain = .final
    finalAt = ProcessClock.uptime()
    session.goAway(.none)
    signal()
  }

  /// Ends everything at once.
  func abandon() {
    for stream in streams.values { stream.task?.cancel() }
    channel.close(withReset: true)
    end()
  }

  /// Ends a connection without streams.
  func close() {
    guard !isOver else { return }
    session.goAway(.none)
    signal()
  }

  private func end() {
    stopWriting()
    tick?.cancel()
    tick = nil
    channel.close()
    for stream in streams.values where !stream.isClosed {
      stream.isClosed = true
      if !stream.hasEnded { stream.failure = stream.failure ?? .disconnected }
      if stream.isStreaming || stream.call != nil { stream.task?.cancel() }
      stream.wake()
    }
    if isServer {
      for (id, stream) in streams where stream.task == nil { forget(id) }
    }
  }

  // MARK: - The clock

  private func startTicking() {
    let timer = LoopTimer(on: loop) { [weak self] isDue in
      guard isDue else { return }
      self?.assumeIsolated { $0.look() }
    }
    tick = timer
    timer.set(to: ProcessClock.uptime() + settings.tick)
  }

  private func look() {
    let now = ProcessClock.uptime()
    defer { tick?.set(to: now + settings.tick) }
    resetStalled(at: now)
    resetLingering(at: now)
    if case .announced(let end) = drain, now >= end { refuseNew() }
    if let askedAt, now - askedAt > session.limits.answerPingWithin { return abandon() }
    if !streams.isEmpty, askedAt == nil, now - heardAt > session.limits.silenceMax {
      askedAt = now
      session.ping()
      signal()
    }
    let isTooOld = now - begun > session.limits.connectionAgeMax
    let isIdle = idleSince.map { now - $0 > idleMax } ?? false
    if isTooOld || isIdle { beginDrain() }
    // A head that is never finished holds the library up, not us.
    if let finalAt, now - finalAt > settings.lingerMax, streams.isEmpty, handlersRunning == 0 {
      endSending()
    }
    if let lingerUntil, now > lingerUntil { channel.close() }
  }

  /// A connection that never asked for anything has less patience.
  private var idleMax: Duration {
    session.lastHead == 0 && isServer ? settings.firstWithin : settings.idleMax
  }

  /// An answer that is not read must not be kept for ever.
  private func resetStalled(at now: Uptime) {
    for (id, stream) in streams {
      guard let moved = session.movedAt(id), now - moved > settings.writeStallMax else { continue }
      stream.failure = stream.failure ?? .timedOut
      stream.code = .cancel
      session.reset(id, .cancel)
      stream.task?.cancel()
      stream.wake()
      signal()
    }
  }
}
