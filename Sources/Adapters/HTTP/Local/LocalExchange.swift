internal import Domain
internal import Ports
internal import SystemAdapter

/// A call that is answered in the same process.
final class LocalExchange: RPCExchange {
  private let requests: MessagePipe
  private let answers: MessagePipe
  private let handling: Task<Void, Never>
  private let waiting: Task<Void, Never>

  init(_ call: RPCCall, _ handler: any RPCHandler, on loop: EventLoop, time: any Time) {
    let (requests, answers) = (MessagePipe(), MessagePipe())
    self.requests = requests
    self.answers = answers
    let request = RPCRequest(
      service: call.service, method: call.method, metadata: call.metadata, within: call.within,
      messages: requests)
    let handling = Task(executorPreference: loop) {
      do throws(RPCError) {
        try await handler.answer(request, to: answers)
        answers.finish()
      } catch {
        answers.finish(error)
      }
      requests.end(RPCError(.cancelled, "the call is over"))
    }
    self.handling = handling
    let service = call.service
    let within = call.within
    waiting = Task(executorPreference: loop) {
      guard (try? await time.sleep(for: within)) != nil else { return }
      let late = RPCError(.deadlineExceeded, "\(service) did not answer within \(within)")
      answers.end(late)
      requests.end(late)
      handling.cancel()
    }
  }

  deinit { cancel() }

  func write(_ message: [UInt8]) async throws(RPCError) {
    try await requests.write(message)
  }

  func finish() async {
    requests.finish()
  }

  func next() async throws(RPCError) -> [UInt8]? {
    let message = try await answers.next()
    if message == nil { waiting.cancel() }
    return message
  }

  func cancel() {
    let cancelled = RPCError(.cancelled, "the caller does not want the answer any more")
    answers.end(cancelled)
    requests.end(cancelled)
    waiting.cancel()
    handling.cancel()
  }
}
