internal import CLinux
internal import Domain
internal import Ports
internal import SystemAdapter

/// A connected socket on a loop, read and written by tasks. Confined to the loop.
final class SocketChannel: @unchecked Sendable {
  /// Told once when the peer has closed its side or has gone.
  var onPeerClosed: (() -> Void)?
  private(set) var isPeerClosed = false

  private let descriptor: Int32
  let scratch: LoopScratch
  private let reading: SocketSide
  private let writing: SocketSide
  private var watch: Watch?
  private(set) var isClosed = false
  /// Set once both sides have shown who they are: from then on nothing goes in the clear.
  var secure: TLSSession?
  /// What the session had to say while nobody wrote, and the system did not take at once.
  var unsent: [UInt8] = []
  private var isWriting = false
  /// Transfers that may still happen before others get their turn.
  private var turnsLeft = SocketChannel.turns

  /// Transfers in a row while the system always has or takes bytes.
  private static let turns = 4

  /// Takes the descriptor over: it is closed by `close`, or here when it cannot be watched.
  init(
    _ descriptor: Int32, on loop: EventLoop, scratch: LoopScratch, isConnected: Bool = true
  ) throws(HTTPError) {
    self.descriptor = descriptor
    self.scratch = scratch
    reading = SocketSide(on: loop, isReady: isConnected)
    writing = SocketSide(on: loop, isReady: isConnected)
    do {
      // Reported when something changes: nothing has to be registered again for each wait.
      watch = try loop.watch(
        descriptor, for: [.readable, .writable, .peerClosed], trigger: .edge
      ) { [weak self] readiness in self?.handle(readiness) }
    } catch {
      millrace_close(descriptor)
      throw .unreachable("the system cannot wait for a socket")
    }
  }

  deinit {
    assert(isClosed || watch == nil, "a socket is closed before it is let go")
  }

  /// Reads what has arrived into `take`; false at the end of the stream.
  func read(
    until deadline: Uptime, _ take: (Span<UInt8>) -> Void
  ) async throws(HTTPError) -> Bool {
    guard let secure else { return try await readBytes(until: deadline, take) }
    return try await read(secure, until: deadline, take)
  }

  /// What the socket gives, secure or not.
  func readBytes(
    until deadline: Uptime, _ take: (Span<UInt8>) -> Void
  ) async throws(HTTPError) -> Bool {
    while true {
      guard !isClosed else { throw .disconnected }
      if reading.isReady {
        let count = millrace_receive(descriptor, scratch.base, UInt64(LoopScratch.bytes))
        if count > 0 {
          // A short read has emptied the socket, unless the end is all that is left: the end was
          // reported already and will not be again.
          if count < LoopScratch.bytes, !isPeerClosed { reading.isReady = false }
          take(UnsafeBufferPointer(start: scratch.base, count: Int(count)).span)
          await giveTurn()
          return true
        }
        if count == 0 { return false }
        guard isBlocked(count) else { throw .disconnected }
        reading.isReady = false
      }
      try await wait(reading, until: deadline)
    }
  }

  /// Returns when the system has taken all bytes.
  ///
  /// - Parameter stallMax: how long it may take nothing at all.
  func write(_ bytes: [UInt8], stallMax: Duration) async throws(HTTPError) {
    guard let secure else { return try await writeBytes(bytes, stallMax: stallMax) }
    try await write(secure, bytes, stallMax: stallMax)
  }

  /// What the socket takes, secure or not.
  func writeBytes(_ bytes: [UInt8], stallMax: Duration) async throws(HTTPError) {
    isWriting = true
    defer { isWriting = false }
    var sent = 0
    while sent < bytes.count {
      guard !isClosed else { throw .disconnected }
      if writing.isReady {
        let count = bytes.withUnsafeBytes { buffer -> Int64 in
          guard let base = buffer.baseAddress else { return 0 }
          return millrace_send(descriptor, base + sent, UInt64(bytes.count - sent))
        }
        if count >= 0 {
          sent += Int(count)
          await giveTurn()
          continue
        }
        guard isBlocked(count) else { throw .disconnected }
        writing.isReady = false
      }
      try await wait(writing, until: ProcessClock.uptime() + stallMax)
    }
  }

  /// Sends as much as the system takes at once, unless somebody is writing; the rest is returned.
  func writeNow(_ bytes: [UInt8]) -> [UInt8] {
    guard !isWriting, !isClosed, !bytes.isEmpty else { return bytes }
    let count = bytes.withUnsafeBytes { buffer -> Int64 in
      guard let base = buffer.baseAddress else { return 0 }
      return millrace_send(descriptor, base, UInt64(bytes.count))
    }
    return Array(bytes.dropFirst(max(Int(count), 0)))
  }

  /// Waits until a connection that was begun is made.
  func connected(until deadline: Uptime) async throws(HTTPError) {
    while !writing.isReady {
      do throws(HTTPError) {
        try await wait(writing, until: deadline)
      } catch .timedOut {
        throw .unreachable("connecting took too long")
      } catch {
        throw .unreachable("connecting was cancelled")
      }
    }
    let code = millrace_connect_result(descriptor)
    guard code == 0 else { throw .unreachable(SystemMessage.text(code)) }
  }

  /// Ends waiting for bytes, now and later: the task that waits sees `.disconnected`.
  func interruptReading() {
    reading.interrupt()
  }

  /// Says that nothing more will be sent; what the peer sends can still be read.
  func endSending() {
    guard !isClosed else { return }
    sayGoodbye()
    millrace_end_sending(descriptor)
  }

  /// Closes the socket and wakes who waits for it.
  func close(withReset: Bool = false) {
    guard !isClosed else { return }
    if !withReset { sayGoodbye() }
    isClosed = true
    watch?.cancel()
    watch = nil
    if withReset { millrace_reset(descriptor) } else { millrace_close(descriptor) }
    onPeerClosed = nil
    reading.close()
    writing.close()
  }

  /// Lets everything else on the loop run now and then: a fast peer must not have it for itself.
  func giveTurn() async {
    turnsLeft -= 1
    guard turnsLeft == 0 else { return }
    turnsLeft = SocketChannel.turns
    await Task.yield()
  }

  private func wait(_ side: SocketSide, until deadline: Uptime) async throws(HTTPError) {
    turnsLeft = SocketChannel.turns
    switch await side.wait(until: deadline) {
    case .ready: return
    case .timedOut: throw .timedOut
    case .cancelled, .closed: throw .disconnected
    }
  }

  private func handle(_ readiness: Readiness) {
    if !readiness.isDisjoint(with: [.peerClosed, .failed]), !isPeerClosed {
      isPeerClosed = true
      onPeerClosed?()
    }
    // The action above may have closed the socket.
    guard !isClosed else { return }
    if !readiness.isDisjoint(with: [.readable, .peerClosed, .failed]) { reading.becomeReady() }
    if !readiness.isDisjoint(with: [.writable, .failed]) { writing.becomeReady() }
  }

  private func isBlocked(_ code: Int64) -> Bool {
    SystemMessage.isBlocked(Int32(truncatingIfNeeded: -code))
  }
}

/// Where all sockets of a loop read into: only one reads at a time. Confined to the loop.
final class LoopScratch: @unchecked Sendable {
  static let bytes = 65_536
  let base = UnsafeMutablePointer<UInt8>.allocate(capacity: LoopScratch.bytes)

  deinit { base.deallocate() }
}
