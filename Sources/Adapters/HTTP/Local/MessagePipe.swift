internal import Ports
internal import Synchronization

/// One direction of a call within the process: what was written and not read yet, with a bound that
/// holds the writer back.
final class MessagePipe: RPCSource, RPCSink {
  private typealias Reader = CheckedContinuation<Result<[UInt8]?, RPCError>, Never>
  private typealias Writer = CheckedContinuation<Result<Void, RPCError>, Never>

  private struct State {
    var messages: [[UInt8]] = []
    var bytes = 0
    var isEnded = false
    var failure: RPCError?
    var reader: Reader?
    var writer: Writer?
  }

  private static let bytesMax = 65_536
  private static let cancelled = RPCError(.cancelled, "the call was cancelled")

  private let state = Mutex(State())

  func write(_ message: [UInt8]) async throws(RPCError) {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (writer: Writer) in put(message, writer) }
    } onCancel: {
      end(MessagePipe.cancelled)
    }
    try result.get()
  }

  func next() async throws(RPCError) -> [UInt8]? {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (reader: Reader) in take(reader) }
    } onCancel: {
      end(MessagePipe.cancelled)
    }
    return try result.get()
  }

  /// Nothing more will be written. What was written can still be read; with a failure, that comes
  /// behind it.
  func finish(_ failure: RPCError? = nil) {
    let reader = state.withLock { state -> Reader? in
      guard !state.isEnded, state.failure == nil else { return nil }
      state.isEnded = true
      state.failure = failure
      guard state.messages.isEmpty else { return nil }
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: failure.map { .failure($0) } ?? .success(nil))
  }

  /// Ends everything at once: whoever reads or writes gets to see it.
  func end(_ failure: RPCError) {
    let (reader, writer) = state.withLock { state in
      state.failure = state.failure ?? failure
      state.isEnded = true
      state.messages = []
      state.bytes = 0
      defer { (state.reader, state.writer) = (nil, nil) }
      return (state.reader, state.writer)
    }
    reader?.resume(returning: .failure(failure))
    writer?.resume(returning: .failure(failure))
  }

  private func put(_ message: [UInt8], _ writer: Writer) {
    enum Next {
      case refuse(RPCError)
      case handOver(Reader)
      case goOn, wait
    }
    let next = state.withLock { state -> Next in
      if state.isEnded { return .refuse(state.failure ?? MessagePipe.cancelled) }
      if let reader = state.reader {
        state.reader = nil
        return .handOver(reader)
      }
      state.messages.append(message)
      state.bytes += message.count
      guard state.bytes > MessagePipe.bytesMax else { return .goOn }
      state.writer = writer
      return .wait
    }
    switch next {
    case .refuse(let failure): writer.resume(returning: .failure(failure))
    case .handOver(let reader):
      reader.resume(returning: .success(message))
      writer.resume(returning: .success(()))
    case .goOn: writer.resume(returning: .success(()))
    case .wait: break
    }
  }

  private func take(_ reader: Reader) {
    let (result, writer) = state.withLock { state -> (Result<[UInt8]?, RPCError>?, Writer?) in
      guard let message = state.messages.first else {
        if let failure = state.failure { return (.failure(failure), nil) }
        if state.isEnded { return (.success(nil), nil) }
        state.reader = reader
        return (nil, nil)
      }
      state.messages.removeFirst()
      state.bytes -= message.count
      guard state.bytes <= MessagePipe.bytesMax else { return (.success(message), nil) }
      defer { state.writer = nil }
      return (.success(message), state.writer)
    }
    if let result { reader.resume(returning: result) }
    writer?.resume(returning: .success(()))
  }
}
