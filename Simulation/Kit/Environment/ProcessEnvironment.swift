public import Ports

/// What a process gets from the world in each of its lives: the ports that every service needs.
public struct ProcessEnvironment: Sendable {
  public let incarnation: Incarnation
  public let time: any Time
  public let randomness: any Randomness
  public let spawner: any Spawner
  public let telemetry: any Telemetry
  public let probe: any Probe

  init(_ incarnation: Incarnation) {
    let world = incarnation.world
    self.incarnation = incarnation
    time = SimulatedTime(incarnation)
    randomness = SimulatedRandomness(incarnation)
    spawner = SimulatedSpawner(incarnation)
    telemetry = SimulatedTelemetry(incarnation)
    probe = SimulatedProbe(world)
  }

  public var world: SimulatedWorld { incarnation.world }
  public var process: SimulatedProcess { incarnation.process }
}

extension SimulatedWorld {
  /// The environment of the process whose job runs now: for test bodies, which are a process too.
  ///
  /// Each call of one incarnation continues the same random stream.
  public var here: ProcessEnvironment {
    guard let running else {
      preconditionFailure("`here` is the place of a running job; world events have none")
    }
    return ProcessEnvironment(running)
  }
}
