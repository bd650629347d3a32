internal import Domain
internal import HTTPAdapter
internal import Ports
internal import ServiceKit
internal import SystemAdapter

/// What a process runs so that others see into it.
struct ObservationParts: Sendable {
  private let runtime: Runtime
  private let exporter: TelemetryExporter?

  /// - Parameter keeper: the certificates that the process has for others.
  init(_ runtime: Runtime, _ keeper: TLSKeeper? = nil) {
    self.runtime = runtime
    guard let outgoing = runtime.outgoing,
      let receiver = try? runtime.observation.parsedReceiver(hasCertificates: keeper != nil)
    else {
      exporter = nil
      return
    }
    // A network of its own: a receiver is nobody who gets to see the key of the installation.
    var configuration = LocalNetwork.Configuration()
    configuration.keeper = receiver.isSecure ? keeper : nil
    let network = LocalNetwork(
      on: runtime.loop, time: runtime.time, pool: runtime.pool, telemetry: runtime.metrics,
      configuration: configuration)
    exporter = TelemetryExporter(
      ObservationParts.export(receiver, runtime), outgoing, on: network, context: runtime.context)
  }

  private static func export(
    _ receiver: ObservationSettings.Receiver, _ runtime: Runtime
  ) -> TelemetryExport {
    let observation = runtime.observation
    let own = [
      ("service.name", observation.service), ("service.namespace", "millrace"),
      ("service.instance.id", "\(observation.service)-\(observation.instance)"),
      ("service.version", observation.version), ("millrace.process", runtime.context.process.text),
    ]
    let added = observation.resource.filter { added in !own.contains { $0.0 == added.name } }
    return TelemetryExport(
      address: receiver.address, resource: own.map { (name: $0.0, value: $0.1) } + added,
      version: observation.version)
  }

  /// Runs until the task is cancelled, and hands over what is left then.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.measureLoop() }
      if let exporter { group.addTask { await exporter.run() } }
    }
  }

  /// How late the loop does what is due: everything else that it does waits as long.
  private func measureLoop() async {
    while !Task.isCancelled {
      let due = runtime.time.uptime() + .seconds(1)
      guard (try? await runtime.time.sleep(until: due)) != nil else { return }
      let telemetry = runtime.context.telemetry
      telemetry.measure("loop_lag", max(runtime.time.uptime() - due, .zero), [])
    }
  }
}
