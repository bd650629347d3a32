public import SimulationKit
internal import Synchronization

/// A process of the platform, with the signal that asks it to stop in good order.
public final class ServiceProcess: Sendable {
  public let role: Role
  public let process: SimulatedProcess
  private let asked = Mutex<Reply<Void>?>(nil)

  init(_ role: Role, _ process: SimulatedProcess) {
    self.role = role
    self.process = process
  }

  public var name: String { process.name }

  /// Starts it, or starts it again; what it is asked by `stop` ends its main task.
  func start(_ main: @escaping @Sendable (ProcessEnvironment) async -> Void) {
    process.start { [self] environment in
      await withDiscardingTaskGroup { group in
        group.addTask { await main(environment) }
        await stopAsked(environment)
        group.cancelAll()
      }
    }
  }

  /// What SIGTERM is to a real process: its tasks are cancelled, and it ends when they have ended.
  public func stop() {
    asked.withLock { $0 }?.send(())
  }

  private func stopAsked(_ environment: ProcessEnvironment) async {
    await environment.world.exchange("signal") { reply in self.asked.withLock { $0 = reply } }
  }
}
