internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization

/// Publishes hints behind the owners' backs, so that no decision waits for the bus.
///
/// Hints may be lost: what is offered and not claimed is hinted at again. When too many wait, the
/// newest are dropped.
final class HintPublisher: Sendable {
  private struct State {
    var waiting: [BusRecord] = []
    var sleeper: CheckedContinuation<Void, Never>?
  }

  static let waitingMax = 20_000

  private let ports: SchedulerPorts
  private let state = Mutex(State())

  init(_ ports: SchedulerPorts) {
    self.ports = ports
  }

  func send(_ records: [BusRecord]) {
    guard !records.isEmpty else { return }
    let sleeper = state.withLock { state in
      let room = HintPublisher.waitingMax - state.waiting.count
      state.waiting += records.prefix(max(room, 0))
      defer { state.sleeper = nil }
      return state.sleeper
    }
    sleeper?.resume()
  }

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      let records = state.withLock { state in
        defer { state.waiting = [] }
        return state.waiting
      }
      guard !records.isEmpty else {
        await sleep()
        continue
      }
      // They may be lost.
      if ports.context.probe.buggify("hints.dropped") { continue }
      do throws(BusError) {
        try await ports.bus.publish(records)
      } catch {
        ports.context.telemetry.log(.warning, "hints.lost", [("error", "\(error)")])
      }
    }
  }

  private func sleep() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          guard state.waiting.isEmpty, !Task.isCancelled else { return true }
          state.sleeper = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        defer { state.sleeper = nil }
        return state.sleeper
      }
      sleeper?.resume()
    }
  }
}
