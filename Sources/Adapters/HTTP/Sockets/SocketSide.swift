internal import Domain
internal import SystemAdapter

/// One direction of a socket: whether the system has said that it is ready, and the task that waits
/// for that. Confined to the loop; other threads only carry it there.
final class SocketSide: @unchecked Sendable {
  enum Wake: Hashable, Sendable {
    case ready
    case timedOut
    case cancelled
    /// The socket was closed by our side.
    case closed
  }

  private let loop: EventLoop
  private var continuation: CheckedContinuation<Wake, Never>?
  private var timer: LoopTimer?
  private var ticket: UInt64 = 0
  private var cancelledTicket: UInt64 = 0
  private var isClosed = false
  private var isInterrupted = false
  /// Cleared by whoever is told that the system would block.
  var isReady: Bool

  init(on loop: EventLoop, isReady: Bool) {
    self.loop = loop
    self.isReady = isReady
  }

  var isWaiting: Bool { continuation != nil }

  /// Waits until the socket is ready; at once when it is.
  func wait(until deadline: Uptime) async -> Wake {
    ticket += 1
    let ticket = ticket
    return await withTaskCancellationHandler {
      await withCheckedContinuation { begin(ticket, until: deadline, $0) }
    } onCancel: {
      loop.perform { self.cancel(ticket) }
    }
  }

  func becomeReady() {
    isReady = true
    end(.ready)
  }

  func close() {
    isClosed = true
    end(.closed)
    timer?.cancel()
    timer = nil
  }

  /// Wakes the waiting task without the socket being ready, and lets no other one wait.
  func interrupt() {
    isInterrupted = true
    end(.cancelled)
  }

  private func begin(
    _ ticket: UInt64, until deadline: Uptime, _ continuation: CheckedContinuation<Wake, Never>
  ) {
    precondition(self.continuation == nil, "two tasks wait for one side of a socket")
    if cancelledTicket == ticket || isInterrupted {
      return continuation.resume(returning: .cancelled)
    }
    // Both may have happened since the caller looked: a task can be suspended on its way here.
    if isClosed { return continuation.resume(returning: .closed) }
    if isReady { return continuation.resume(returning: .ready) }
    self.continuation = continuation
    let timer =
      timer
      ?? LoopTimer(on: loop) { [weak self] isDue in
        self?.end(isDue ? .timedOut : .cancelled)
      }
    self.timer = timer
    timer.set(to: deadline)
  }

  private func cancel(_ ticket: UInt64) {
    cancelledTicket = ticket
    if ticket == self.ticket { end(.cancelled) }
  }

  private func end(_ wake: Wake) {
    guard let continuation else { return }
    self.continuation = nil
    timer?.pause()
    continuation.resume(returning: wake)
  }
}
