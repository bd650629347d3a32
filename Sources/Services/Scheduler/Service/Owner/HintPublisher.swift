internal import Domain
internal import Ports
internal import ServiceKit
internal import Synchronization

/// Publishes hints behind the owners' backs, so that no decision waits for the bus.
///
/// Hints may be lost: what is offered and not claimed is hinted at again. When too many wait, the
/// newest are dropped.
final class HintPublisher: Sendable {
  static let waitingMax = 20_000

  private let ports: SchedulerPorts
  private let waiting = Mutex<[BusRecord]>([])
  private let hasHints = Signal()

  init(_ ports: SchedulerPorts) {
    self.ports = ports
  }

  func send(_ records: [BusRecord]) {
    guard !records.isEmpty else { return }
    waiting.withLock { waiting in
      waiting += records.prefix(max(HintPublisher.waitingMax - waiting.count, 0))
    }
    hasHints.wake()
  }

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      let records = waiting.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
      guard !records.isEmpty else {
        await hasHints.wait()
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
}
