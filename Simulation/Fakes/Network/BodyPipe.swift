internal import Domain
internal import Ports
internal import SimulationKit
internal import Synchronization

/// One body on its way: what was written and not yet read, with a bound that holds the writer back.
final class BodyPipe: Sendable {
  private struct State {
    var pieces: [[UInt8]] = []
    /// The first piece that has not been read.
    var head = 0
    var bufferedBytes = 0
    var receivedBytes = 0
    var bytesMax: Int
    /// The length of the whole body, if the sender said it.
    var announced: Int?
    var isEnded = false
    var writerFailure: HTTPError?
    /// What the reader has thrown, and will throw again.
    var readerFailure: HTTPError?
    var isReaderGone = false
    var reader: Reply<Result<[UInt8]?, HTTPError>>?
    var writer: Reply<Result<Void, HTTPError>>?
    /// Who writes and who reads, once they are connected.
    var ends: (from: Incarnation, to: Incarnation)?
  }

  private let network: FakeNetwork
  private let keepsPieces: Bool
  private let state: Mutex<State>

  /// - Parameter keepsPieces: whether pieces arrive as they were written, as messages do, and the
  ///   whole may be of any size.
  init(_ network: FakeNetwork, keepsPieces: Bool = false) {
    self.network = network
    self.keepsPieces = keepsPieces
    state = Mutex(State(bytesMax: keepsPieces ? .max : network.limits.bodyBytesMax))
  }

  func connect(from writer: Incarnation, to reader: Incarnation) {
    state.withLock { $0.ends = (writer, reader) }
  }

  /// The whole body at once.
  func fill(_ bytes: [UInt8]) {
    state.withLock { state in
      state.announced = bytes.count
      state.isEnded = true
      if !bytes.isEmpty {
        state.pieces = [bytes]
        state.bufferedBytes = bytes.count
      }
    }
  }

  func allow(upTo bytesMax: Int) {
    state.withLock { $0.bytesMax = bytesMax }
  }

  // MARK: Writing

  func write(_ bytes: [UInt8]) async throws(HTTPError) {
    if bytes.isEmpty { return }
    let alarm = Alarm()
    let result: Result<Void, HTTPError> = await network.world.exchange(
      "network.write", ifCancelled: .failure(.disconnected)
    ) { reply in
      let isFull = state.withLock { state in
        guard !state.isReaderGone, state.writerFailure == nil else { return false }
        state.pieces.append(bytes)
        state.bufferedBytes += bytes.count
        guard state.bufferedBytes > network.limits.bufferedBytesMax else { return false }
        state.writer = reply
        return true
      }
      wakeReader()
      if state.withLock({ $0.isReaderGone || $0.writerFailure != nil }) {
        return reply.send(.failure(.disconnected))
      }
      guard isFull else { return reply.send(.success(())) }
      alarm.set(
        network.world.schedule(after: network.limits.stallMax) {
          reply.send(.failure(.timedOut))
        })
    }
    alarm.cancel()
    try result.get()
  }

  func end() {
    state.withLock { $0.isEnded = true }
    wakeReader()
  }

  /// The rest will never come.
  func breakOff() {
    let writer = state.withLock { state in
      state.writerFailure = .disconnected
      defer { state.writer = nil }
      return state.writer
    }
    writer?.send(.failure(.disconnected))
    wakeReader()
  }

  // MARK: Reading

  func next(within timeout: Duration?) async throws(HTTPError) -> [UInt8]? {
    if let failure = state.withLock({ $0.readerFailure }) { throw failure }
    let alarm = Alarm()
    let result: Result<[UInt8]?, HTTPError> = await network.world.exchange(
      "network.body", ifCancelled: .failure(.disconnected)
    ) { reply in
      network.later {
        self.state.withLock { $0.reader = reply }
        self.wakeReader()
      }
      if let timeout {
        alarm.set(network.world.schedule(after: timeout) { reply.send(.failure(.timedOut)) })
      }
    }
    alarm.cancel()
    if case .failure(let failure) = result {
      state.withLock { $0.readerFailure = failure }
    }
    return try result.get()
  }

  /// Nobody reads any more.
  func abandon() {
    let writer = state.withLock { state in
      state.isReaderGone = true
      state.pieces = []
      state.head = 0
      defer { state.writer = nil }
      return state.writer
    }
    writer?.send(.failure(.disconnected))
  }

  func wakeReader() {
    // What is written stays with its writer until the cut is healed.
    if let ends = state.withLock({ $0.ends }), network.isCut(from: ends.from, to: ends.to) {
      return
    }
    let split = network.faults.variesPieces && !keepsPieces ? network.chance.below(1 << 16) : nil
    let (reader, result, writer) = state.withLock { state in
      guard let reader = state.reader, let result = BodyPipe.take(from: &state, split: split) else {
        return Wakeup(reader: nil, result: .success(nil), writer: nil)
      }
      state.reader = nil
      let hasRoom = state.bufferedBytes <= network.limits.bufferedBytesMax
      let writer = hasRoom ? state.writer : nil
      if hasRoom { state.writer = nil }
      return Wakeup(reader: reader, result: result, writer: writer)
    }.parts
    reader?.send(result)
    writer?.send(.success(()))
  }

  private struct Wakeup: Sendable {
    var reader: Reply<Result<[UInt8]?, HTTPError>>?
    var result: Result<[UInt8]?, HTTPError>
    var writer: Reply<Result<Void, HTTPError>>?

    var parts:
      (
        Reply<Result<[UInt8]?, HTTPError>>?, Result<[UInt8]?, HTTPError>,
        Reply<Result<Void, HTTPError>>?
      )
    { (reader, result, writer) }
  }

  /// Nil when there is nothing to tell yet.
  private static func take(
    from state: inout State, split: Int?
  ) -> Result<[UInt8]?, HTTPError>? {
    if let announced = state.announced, announced > state.bytesMax { return .failure(.tooLarge) }
    guard state.head < state.pieces.count else {
      if state.writerFailure != nil { return .failure(.disconnected) }
      return state.isEnded ? .success(nil) : nil
    }
    var piece = state.pieces[state.head]
    if let split, piece.count > 1, split % 4 == 0 {
      let count = 1 + split % (piece.count - 1)
      state.pieces[state.head] = Array(piece[count...])
      piece = Array(piece[..<count])
    } else {
      state.pieces[state.head] = []
      state.head += 1
    }
    state.bufferedBytes -= piece.count
    state.receivedBytes += piece.count
    return state.receivedBytes > state.bytesMax ? .failure(.tooLarge) : .success(piece)
  }
}

/// The reader's end of a pipe: when it is let go, the writer learns that nobody reads.
final class PipeReader: HTTPBodySource {
  private let pipe: BodyPipe
  private let network: FakeNetwork
  private let timeout: Duration?

  init(_ pipe: BodyPipe, _ network: FakeNetwork, timeout: Duration?) {
    self.pipe = pipe
    self.network = network
    self.timeout = timeout
  }

  deinit {
    let pipe = pipe
    network.later { pipe.abandon() }
  }

  func next() async throws(HTTPError) -> [UInt8]? {
    try await pipe.next(within: timeout)
  }

  func allow(upTo bytesMax: Int) async {
    pipe.allow(upTo: bytesMax)
  }
}

struct PipeWriter: HTTPBodySink {
  let pipe: BodyPipe

  func write(_ bytes: [UInt8]) async throws(HTTPError) {
    try await pipe.write(bytes)
  }
}
