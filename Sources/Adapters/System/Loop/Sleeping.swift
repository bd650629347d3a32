public import Domain

/// One sleeping task. Confined to the loop; other threads only carry it there.
private final class Sleeper: @unchecked Sendable {
  private let instant: Uptime
  private var timer: LoopTimer?
  private var continuation: CheckedContinuation<Bool, Never>?
  private var isCancelled = false

  init(until instant: Uptime) {
    self.instant = instant
  }

  func begin(_ continuation: CheckedContinuation<Bool, Never>, on loop: EventLoop) {
    guard !isCancelled else { return continuation.resume(returning: false) }
    self.continuation = continuation
    let timer = LoopTimer(on: loop) { [weak self] isDue in self?.end(isDue) }
    self.timer = timer
    timer.set(to: instant)
  }

  func cancel() {
    isCancelled = true
    timer?.cancel()
    end(false)
  }

  private func end(_ isDue: Bool) {
    timer = nil
    continuation?.resume(returning: isDue)
    continuation = nil
  }
}

extension EventLoop {
  /// Returns at `instant` or later, never earlier; at once when it has passed. From any task.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled, and when the loop ends.
  public func sleep(until instant: Uptime) async throws(CancellationError) {
    if Task.isCancelled { throw CancellationError() }
    if instant <= ProcessClock.uptime() { return }
    let sleeper = Sleeper(until: instant)
    let isDue = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        perform { sleeper.begin(continuation, on: self) }
      }
    } onCancel: {
      perform { sleeper.cancel() }
    }
    if !isDue { throw CancellationError() }
  }
}
