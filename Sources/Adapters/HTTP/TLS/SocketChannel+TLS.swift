internal import Domain
internal import Ports
internal import SystemAdapter

extension SocketChannel {
  /// Lets both sides show who they are; everything after that is secure.
  ///
  /// - Throws: `.unreachable` with what is wrong with the peer, or with us in its eyes.
  func secure(_ session: TLSSession, until deadline: Uptime) async throws(HTTPError) {
    while true {
      let progress = session.handshake()
      let output = session.takeOutput()
      // What is wrong is said, too: an alert.
      if !output.isEmpty {
        try await writeBytes(output, stallMax: max(deadline - ProcessClock.uptime(), .zero))
      }
      switch progress {
      case .done:
        secure = session
        return
      case .failed(let why): throw .unreachable("no secure connection: \(why)")
      case .ended: throw .disconnected
      case .waits: try await receive(session, until: deadline)
      }
    }
  }

  /// - Throws: `.disconnected` also at an end that the peer has not said: what came may have been
  ///   cut short by somebody in between.
  func read(
    _ session: TLSSession, until deadline: Uptime, _ take: (Span<UInt8>) -> Void
  ) async throws(HTTPError) -> Bool {
    while true {
      guard !isClosed else { throw .disconnected }
      let (progress, count) = session.read(into: scratch.base, LoopScratch.bytes)
      switch progress {
      case .done:
        take(UnsafeBufferPointer(start: scratch.base, count: count).span)
        await giveTurn()
        return true
      case .ended: return false
      case .failed:
        say(session)
        throw .disconnected
      case .waits:
        say(session)
        try await receive(session, until: deadline)
      }
    }
  }

  /// Gives the session what has arrived.
  private func receive(_ session: TLSSession, until deadline: Uptime) async throws(HTTPError) {
    let more = try await readBytes(until: deadline) { bytes in
      bytes.withUnsafeBytes { buffer in
        if let base = buffer.baseAddress { session.receive(base, buffer.count) }
      }
    }
    guard more else { throw .disconnected }
  }

  func write(
    _ session: TLSSession, _ bytes: [UInt8], stallMax: Duration
  ) async throws(HTTPError) {
    guard session.write(bytes) == .done else { throw .disconnected }
    while true {
      let output = unsent + session.takeOutput()
      guard !output.isEmpty else { return }
      unsent = []
      try await writeBytes(output, stallMax: stallMax)
    }
  }

  /// Sends what the session itself has to say, in front of what is written next if it must wait.
  private func say(_ session: TLSSession) {
    let output = session.takeOutput()
    guard !output.isEmpty else { return }
    unsent = writeNow(unsent + output)
  }

  /// Tells the peer that nothing was cut off.
  func sayGoodbye() {
    guard let secure else { return }
    secure.end()
    say(secure)
  }
}
