internal import CPostgreSQL
internal import Domain
internal import Glibc
internal import SystemAdapter

/// One connection to the server, in pipeline mode: exchanges are sent one behind the other without
/// waiting for answers, which come in the same order.
///
/// Confined to the loop. It is over when the connection is lost; its owner makes another.
final class Session {
  enum Phase: Hashable { case connecting, ready, closed }

  /// What was sent and is not answered: everything up to the next synchronization.
  private struct Sent {
    var exchange: Exchange?
    /// The statement that is prepared by this, in a transaction of its own: no error of others can
    /// undo it.
    var preparing: Int?
    var answers: [ServerAnswer] = []
    var failure: ServerFailure?
  }

  private(set) var phase = Phase.connecting
  /// What the server calls it.
  let name: String
  /// Whether it was lost while something was written: the server may still be at it.
  private(set) var isInDoubt = false
  private let loop: EventLoop
  private let handle: OpaquePointer
  private var watch: Watch?
  private var timer: LoopTimer?
  private var sent: [Sent] = []
  private var firstSent = 0
  private var prepared: Set<Int> = []
  private var refusedPreparation: ServerFailure?
  private var isFlushDue = false
  private var whenChanged: (() -> Void)?

  /// Begins to connect.
  ///
  /// - Parameter whenChanged: called when the session is ready, has room again, or is closed.
  init?(
    _ configuration: PostgreSQLConfiguration, named name: String, on loop: EventLoop,
    until deadline: Uptime, whenChanged: @escaping () -> Void
  ) {
    self.name = name
    self.loop = loop
    self.whenChanged = whenChanged
    let names = ["dbname", "options", "application_name"]
    let values = [configuration.connection, configuration.sessionOptions, name]
    guard let handle = Session.start(names, values) else { return nil }
    self.handle = handle
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    timer = LoopTimer(on: loop) { [weak self] _ in
      guard let self else { return }
      let why = "the server does not answer in time"
      // What was sent may have been done.
      close(phase == .connecting ? .unreachable(why) : .lost(why))
    }
    timer?.set(to: deadline)
    proceed(PGRES_POLLING_WRITING)
  }

  deinit { PQfinish(handle) }

  var inFlight: Int { sent.count - firstSent }

  /// Why it could not be connected, in the words of the server.
  private(set) var lastMessage = ""

  // MARK: Connecting

  private static func start(_ names: [String], _ values: [String]) -> OpaquePointer? {
    let keys = names.map { strdup($0) } + [nil]
    let words = values.map { strdup($0) } + [nil]
    defer { for word in keys + words { free(word) } }
    return keys.map { UnsafePointer($0) }.withUnsafeBufferPointer { keys in
      words.map { UnsafePointer($0) }.withUnsafeBufferPointer { words in
        // The first value may be a whole connection string.
        PQconnectStartParams(keys.baseAddress, words.baseAddress, 1)
      }
    }
  }

  private func proceed(_ wanted: PostgresPollingStatusType) {
    switch wanted {
    case PGRES_POLLING_READING: watchSocket(for: .readable)
    case PGRES_POLLING_WRITING: watchSocket(for: .writable)
    case PGRES_POLLING_OK: connected()
    default: close(.unreachable(message()))
    }
  }

  /// The socket may be another one after each step.
  private func watchSocket(for interest: Readiness) {
    watch?.cancel()
    do {
      watch = try loop.watch(PQsocket(handle), for: interest) { [weak self] _ in
        guard let self else { return }
        if phase == .connecting {
          proceed(PQconnectPoll(handle))
        } else {
          serve()
        }
      }
    } catch {
      close(.unreachable("\(message()) \(error)"))
    }
  }

  private func connected() {
    guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
      return close(.unreachable(message()))
    }
    timer?.cancel()
    phase = .ready
    watchSocket(for: .readable)
    whenChanged?()
  }

  // MARK: Sending

  func send(_ exchange: Exchange) {
    for call in exchange.calls where !prepared.contains(call.text.id) { prepare(call.text) }
    var isSent = phase == .ready
    for call in exchange.calls where isSent { isSent = send(call) }
    guard isSent, PQpipelineSync(handle) == 1 else {
      sent.append(Sent(exchange: exchange))
      return close(.lost(message()))
    }
    sent.append(Sent(exchange: exchange))
    watchDeadline()
    flushSoon()
  }

  private func prepare(_ text: PreparedText) {
    guard phase == .ready else { return }
    guard PQsendPrepare(handle, text.name, text.sql, 0, nil) == 1, PQpipelineSync(handle) == 1
    else { return close(.lost(message())) }
    prepared.insert(text.id)
    sent.append(Sent(preparing: text.id))
  }

  private func send(_ call: ServerCall) -> Bool {
    let parameters = call.parameters
    var bytes: [UInt8] = []
    bytes.reserveCapacity(parameters.reduce(0) { $0 + ($1.bytes?.count ?? 0) } + 1)
    var places: [Int?] = []
    for parameter in parameters {
      places.append(parameter.bytes == nil ? nil : bytes.count)
      bytes += parameter.bytes ?? []
    }
    // What is empty and not null needs a place as well.
    bytes.append(0)
    let lengths = parameters.map { Int32(clamping: $0.bytes?.count ?? 0) }
    let formats = [Int32](repeating: 1, count: parameters.count)
    return bytes.withUnsafeBytes { bytes in
      let values = places.map { place in
        place.flatMap { bytes.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
      }
      return PQsendQueryPrepared(
        handle, call.text.name, Int32(parameters.count), values, lengths, formats, 1) == 1
    }
  }

  /// Once for everything that is sent in one turn of the loop.
  private func flushSoon() {
    guard !isFlushDue else { return }
    isFlushDue = true
    let weak = WeakSession(self)
    loop.post { weak.session?.flush() }
  }

  private func flush() {
    isFlushDue = false
    guard phase == .ready else { return }
    switch PQflush(handle) {
    case 0: try? watch?.change(to: .readable)
    case 1: try? watch?.change(to: [.readable, .writable])
    default: close(.lost(message()))
    }
  }

  // MARK: Receiving

  private func serve() {
    guard PQconsumeInput(handle) == 1 else { return close(.lost(message())) }
    let before = inFlight
    var nothings = 0
    // A nil ends the results of one call; two of them in a row mean that nothing is there.
    while phase == .ready, inFlight > 0, nothings < 2, PQisBusy(handle) == 0 {
      guard let result = PQgetResult(handle) else {
        nothings += 1
        continue
      }
      nothings = 0
      take(result)
    }
    guard phase == .ready else { return }
    if PQstatus(handle) == CONNECTION_BAD { return close(.lost(message())) }
    flush()
    if inFlight < before {
      watchDeadline()
      whenChanged?()
    }
  }

  /// Of the first exchange that waits, whatever is prepared for it in front.
  private func watchDeadline() {
    let deadline = sent[firstSent...].lazy.compactMap { $0.exchange?.deadline }.first
    if let deadline { timer?.set(to: deadline) } else { timer?.pause() }
  }

  private func take(_ result: OpaquePointer) {
    switch PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
      sent[firstSent].answers.append(ServerAnswer(result))
      return
    case PGRES_PIPELINE_SYNC:
      finishFirst()
    case PGRES_PIPELINE_ABORTED:
      break
    default:
      let failure = Session.failure(of: result)
      sent[firstSent].failure = sent[firstSent].failure ?? failure
    }
    PQclear(result)
  }

  private func finishFirst() {
    let first = sent[firstSent]
    sent[firstSent] = Sent()
    firstSent += 1
    if firstSent >= 256, firstSent * 2 >= sent.count {
      sent.removeFirst(firstSent)
      firstSent = 0
    }
    if let id = first.preparing {
      guard let failure = first.failure else { return }
      prepared.remove(id)
      refusedPreparation = failure
      return
    }
    if case .refused("26000", _, _)? = first.failure, let refusedPreparation {
      first.exchange?.end(.failure(refusedPreparation))
    } else {
      first.exchange?.end(first.failure.map(Result.failure) ?? .success(first.answers))
    }
  }

  private static func failure(of result: OpaquePointer) -> ServerFailure {
    func text(_ words: UnsafePointer<CChar>?) -> String { words.map { String(cString: $0) } ?? "" }
    let message = text(millrace_pg_message(result))
    // What the end of a connection meets may have been done before it.
    if ["FATAL", "PANIC"].contains(text(millrace_pg_severity(result))) { return .lost(message) }
    return .refused(
      SQLState(text(millrace_pg_sqlstate(result))), message,
      constraint: text(millrace_pg_constraint(result)))
  }

  private func message() -> String {
    PQerrorMessage(handle).map { String(cString: $0) }?
      .split(separator: "\n").first.map(String.init) ?? ""
  }

  // MARK: End

  /// Ends everything that is under way with the failure.
  func close(_ failure: ServerFailure) {
    guard phase != .closed else {
      // Something was to be sent on a connection that had just been lost.
      for sent in sent { sent.exchange?.end(.failure(.unreachable(failure.message))) }
      sent = []
      return
    }
    lastMessage = failure.message
    phase = .closed
    watch?.cancel()
    watch = nil
    timer?.cancel()
    let left = sent[firstSent...]
    isInDoubt = left.contains { $0.exchange?.isWrite == true }
    sent = []
    firstSent = 0
    for sent in left { sent.exchange?.end(.failure(failure)) }
    let changed = whenChanged
    whenChanged = nil
    changed?()
  }
}

/// Carries a session to a later turn of its loop.
private final class WeakSession: @unchecked Sendable {
  weak var session: Session?
  init(_ session: Session) { self.session = session }
}

extension ServerFailure {
  var message: String {
    switch self {
    case .refused(let state, let text, _): "\(text) (\(state.text))"
    case .lost(let text), .unreachable(let text): text
    }
  }
}
