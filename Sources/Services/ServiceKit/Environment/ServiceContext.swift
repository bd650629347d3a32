public import Domain
public import Ports

/// What every service is given of its surroundings: clocks, randomness, spawning, telemetry,
/// probes.
///
/// In production these are the system's, in simulation the world's; a service cannot tell.
public struct ServiceContext: Sendable {
  public let process: ProcessID
  public let time: any Time
  public let randomness: any Randomness
  public let spawner: any Spawner
  public let telemetry: any Telemetry
  public let probe: any Probe
  /// Of which traces that begin here spans are recorded.
  public let sampling: TraceSampling

  public init(
    process: ProcessID, time: any Time, randomness: any Randomness, spawner: any Spawner,
    telemetry: any Telemetry, probe: any Probe = SilentProbe(), sampling: TraceSampling = .never
  ) {
    self.process = process
    self.time = time
    self.randomness = randomness
    self.spawner = spawner
    self.telemetry = telemetry
    self.probe = probe
    self.sampling = sampling
  }

  /// A new id of any kind, from the process's own clock and random stream.
  public func newID<ID: PrefixedID>(_ kind: ID.Type = ID.self) -> ID {
    ID(at: time.now(), random: randomness.next)
  }
}
