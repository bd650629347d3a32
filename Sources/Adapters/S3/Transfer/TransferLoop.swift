internal import CCurl
internal import Domain
internal import Ports
internal import SystemAdapter

/// The transfers of one store, all on one event loop, with connections that are kept and used
/// again. There is no thread for a request; names alone are looked up on a thread of libcurl.
///
/// libcurl says which descriptors it waits for and when it wants to be called; the loop calls it.
final class TransferLoop: @unchecked Sendable {
  private let configuration: S3Configuration
  private let limits: TransferLimits
  private let loop: EventLoop
  private let time: any Time

  // Touched on the loop only.
  private let multi: UnsafeMutableRawPointer
  private var watches: [curl_socket_t: Watch] = [:]
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
  private var waiting = WaitingLine()
  private var wakeup: LoopTimer?
  private var patience: LoopTimer?
  private var isClosed = false

  /// Loaded once for the process, before the first transfer; 3 is `CURL_GLOBAL_DEFAULT`.
  private static let isLoaded = curl_global_init(3) == CURLE_OK

  init(_ configuration: S3Configuration, on loop: EventLoop, time: any Time) {
    precondition(TransferLoop.isLoaded, "libcurl needs nothing but memory to begin")
    guard let multi = curl_multi_init() else {
      preconditionFailure("libcurl needs nothing but memory to begin")
    }
    self.configuration = configuration
    self.limits = TransferLimits(configuration)
    self.loop = loop
    self.time = time
    self.multi = multi
    let owner = Unmanaged.passUnretained(self).toOpaque()
    let code = millrace_curl_multi_set_functions(
      multi,
      { _, socket, what, owner, _ in
        owner.map { TransferLoop.of($0).watch(socket, what) } ?? -1
      },
      { _, milliseconds, owner in
        owner.map { TransferLoop.of($0).wakeUp(after: milliseconds) } ?? -1
      }, owner)
    precondition(code == CURLM_OK, "libcurl has a multi interface")
    let requests = configuration.requestsMax
    _ = millrace_curl_multi_set_number(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, requests)
    _ = millrace_curl_multi_set_number(multi, CURLMOPT_MAXCONNECTS, requests)
  }

  deinit {
    precondition(transfers.isEmpty, "a store is closed before it goes")
    // It may not be on the loop, and nothing waits for anything any more.
    if !isClosed {
      _ = millrace_curl_multi_set_functions(multi, nil, nil, nil)
      curl_multi_cleanup(multi)
    }
  }

  /// Sends a request and returns its whole answer, whatever its status. When the task is cancelled
  /// the transfer ends at once.
  func exchange(_ request: TransferRequest) async throws(TransferFailure) -> TransferAnswer {
    let exchange = TransferExchange(request)
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        loop.perform {
          exchange.wait(waiter)
          self.take(exchange)
        }
      }
    } onCancel: {
      loop.perform { self.cancel(exchange) }
    }
    return try outcome.get()
  }

  /// Ends every transfer and refuses new ones.
  func close() async {
    await withCheckedContinuation { continuation in
      loop.perform {
        self.shut()
        continuation.resume()
      }
    }
  }

  private static func of(_ owner: UnsafeMutableRawPointer) -> TransferLoop {
    Unmanaged<TransferLoop>.fromOpaque(owner).takeUnretainedValue()
  }

  // MARK: Requests

  private func take(_ exchange: TransferExchange) {
    if exchange.isCancelled { return exchange.end(.failure(.cancelled)) }
    if isClosed { return exchange.end(.failure(.closed)) }
    if waiting.isEmpty, transfers.count < configuration.requestsMax { return begin(exchange) }
    guard waiting.count < configuration.waitingMax else {
      return exchange.end(
        .failure(.unsent("\(configuration.waitingMax) requests wait for a place already")))
    }
    waiting.append(exchange, until: time.uptime() + configuration.placeWithin)
    watchPatience()
  }

  private func begin(_ exchange: TransferExchange) {
    guard let transfer = Transfer(exchange, limits), transfer.isReady else {
      return exchange.end(.failure(.unsent("libcurl does not take the request")))
    }
    guard curl_multi_add_handle(multi, transfer.handle) == CURLM_OK else {
      return exchange.end(.failure(.unsent("libcurl does not take the request")))
    }
    transfers[transfer.handle] = transfer
  }

  private func cancel(_ exchange: TransferExchange) {
    exchange.cancel()
    if let transfer = transfers.values.first(where: { $0.exchange === exchange }) {
      end(transfer)
      beginWaiting()
    }
  }

  private func end(_ transfer: Transfer) {
    curl_multi_remove_handle(multi, transfer.handle)
    transfers[transfer.handle] = nil
  }

  private func beginWaiting() {
    while transfers.count < configuration.requestsMax, let next = waiting.takeFirst() {
      if !next.isCancelled { begin(next) }
    }
  }

  private func watchPatience() {
    guard let deadline = waiting.deadline else { return }
    let timer =
      patience
      ?? LoopTimer(on: loop) { [weak self] isDue in
        guard let self else { return }
        guard isDue else { return shut() }
        while let late = waiting.takeLate(at: time.uptime()) {
          late.end(.failure(.unsent("no request ended in time for this one")))
        }
        watchPatience()
      }
    patience = timer
    timer.set(to: deadline)
  }

  private func shut() {
    guard !isClosed else { return }
    isClosed = true
    patience?.cancel()
    let open = Array(transfers.values)
    for transfer in open {
      end(transfer)
      let isSafe = transfer.exchange.request.method == .get
      transfer.exchange.end(.failure(isSafe ? .closed : .lost("the store was closed")))
    }
    while let next = waiting.takeFirst() { next.end(.failure(.closed)) }
    curl_multi_cleanup(multi)
    for watch in watches.values { watch.cancel() }
    watches = [:]
    wakeup?.cancel()
  }

  // MARK: What libcurl asks

  private func watch(_ socket: curl_socket_t, _ what: CInt) -> CInt {
    var interest: Readiness = []
    if what & CURL_POLL_IN != 0, what != CURL_POLL_REMOVE { interest.insert(.readable) }
    if what & CURL_POLL_OUT != 0, what != CURL_POLL_REMOVE { interest.insert(.writable) }
    if interest.isEmpty {
      watches.removeValue(forKey: socket)?.cancel()
      return 0
    }
    do throws(LoopError) {
      if let watch = watches[socket] {
        try watch.change(to: interest)
      } else {
        watches[socket] = try loop.watch(socket, for: interest) { [weak self] readiness in
          self?.ready(socket, readiness)
        }
      }
      return 0
    } catch {
      return -1
    }
  }

  private func ready(_ socket: curl_socket_t, _ readiness: Readiness) {
    var events: CInt = 0
    if !readiness.isDisjoint(with: [.readable, .peerClosed]) { events |= CURL_CSELECT_IN }
    if readiness.contains(.writable) { events |= CURL_CSELECT_OUT }
    if !readiness.isDisjoint(with: .failed) { events |= CURL_CSELECT_ERR }
    act(socket, events)
  }

  /// libcurl must not be called from here: the loop calls it in its next turn.
  private func wakeUp(after milliseconds: Int) -> CInt {
    guard milliseconds >= 0 else {
      wakeup?.cancel()
      return 0
    }
    let timer =
      wakeup
      ?? LoopTimer(on: loop) { [weak self] isDue in
        guard let self else { return }
        if isDue {
          act(CURL_SOCKET_TIMEOUT, 0)
        } else {
          loop.post { self.shut() }
        }
      }
    wakeup = timer
    timer.set(to: time.uptime() + .milliseconds(milliseconds))
    return 0
  }

  private func act(_ socket: curl_socket_t, _ events: CInt) {
    guard !isClosed else { return }
    var running: CInt = 0
    curl_multi_socket_action(multi, socket, events, &running)
    var result = CURLE_OK
    while let handle = millrace_curl_multi_next_ended(multi, &result) {
      guard let transfer = transfers[handle] else { continue }
      let outcome = transfer.outcome(result)
      end(transfer)
      transfer.exchange.end(outcome)
    }
    beginWaiting()
  }
}

extension TransferLimits {
  init(_ configuration: S3Configuration) {
    self.init(
      isSecure: configuration.isSecure, authoritiesFile: configuration.authoritiesFile,
      connectMilliseconds: Int(max(1, configuration.connectWithin.wholeMilliseconds)),
      answerMilliseconds: Int(max(1, configuration.answerWithin.wholeMilliseconds)),
      idleConnectionSeconds: Int(
        max(1, configuration.idleConnectionLives.wholeMilliseconds / 1_000)),
      headBytesMax: configuration.answerHeadBytesMax, fieldsMax: configuration.answerFieldsMax,
      documentBytesMax: configuration.documentBytesMax)
  }
}
