internal import ArtifactService
internal import Domain
internal import IAMService
internal import MetadataService
internal import NotificationService
internal import Ports
internal import SchedulerService
internal import ServiceKit
internal import WorkerCore
internal import WorkerService
internal import WorkflowService

/// How often the services of a world look at what may have changed. What wakes them up counts at
/// once whatever this says; it is for what nobody tells them, and it is most of what an idle world
/// does.
public struct Habits: Hashable, Sendable {
  /// How long a wait for records, messages or rows lasts when nothing comes.
  public var idleWait: Duration
  public var partitionLease: Duration
  public var partitionRenewEvery: Duration
  public var partitionLookEvery: Duration
  public var beatEvery: Duration
  /// How long a worker waits at first, and at most, before it asks for work of which no hint told
  /// it.
  public var askSoonest: Duration
  public var askEvery: Duration
  public var trustEvery: Duration
  public var auditEvery: Duration
  /// How long the scheduler keeps what has ended, once history has it.
  public var endedKeptFor: Duration

  /// As in production.
  public static let brisk = Habits(
    idleWait: .seconds(1), partitionLease: .seconds(3), partitionRenewEvery: .seconds(1),
    partitionLookEvery: .milliseconds(50), beatEvery: .seconds(1), askSoonest: .milliseconds(20),
    askEvery: .seconds(1), trustEvery: .seconds(3), auditEvery: .milliseconds(500),
    endedKeptFor: .seconds(7 * 24 * 3_600))

  /// Rarely: more worlds in the same time.
  public static let calm = Habits(
    idleWait: .seconds(20), partitionLease: .seconds(15), partitionRenewEvery: .seconds(5),
    partitionLookEvery: .seconds(5), beatEvery: .seconds(5), askSoonest: .seconds(1),
    askEvery: .seconds(15), trustEvery: .seconds(10), auditEvery: .seconds(5),
    endedKeptFor: .seconds(40))

  // MARK: As the configurations of services

  var scheduler: SchedulerConfiguration {
    var configuration = SchedulerConfiguration()
    configuration.partitionLease = partitionLease
    configuration.partitionRenewEvery = partitionRenewEvery
    configuration.partitionLookEvery = partitionLookEvery
    configuration.beatEvery = beatEvery
    configuration.sessionSweepEvery = beatEvery
    configuration.logsCheckEvery = max(idleWait * 3, configuration.logsCheckEvery)
    configuration.limitsCheckEvery = max(idleWait, configuration.limitsCheckEvery)
    configuration.outbox.idleWait = idleWait
    configuration.outbox.idleWaitMax = idleWait * 5
    configuration.endedRunsRetention = endedKeptFor
    configuration.endedSessionsRetention = endedKeptFor
    configuration.forgetEvery = min(endedKeptFor, configuration.forgetEvery)
    return configuration
  }

  var workflow: WorkflowConfiguration {
    var configuration = WorkflowConfiguration()
    configuration.outbox = outbox
    configuration.sweepEvery = min(endedKeptFor, configuration.sweepEvery)
    return configuration
  }

  var metadata: MetadataConfiguration {
    var configuration = MetadataConfiguration()
    configuration.pollWait = idleWait
    configuration.commitEvery = beatEvery
    return configuration
  }

  var artifact: ArtifactConfiguration {
    var configuration = ArtifactConfiguration()
    configuration.pollWait = idleWait
    configuration.sweepEvery = max(idleWait, configuration.sweepEvery)
    return configuration
  }

  var notification: NotificationConfiguration {
    var configuration = NotificationConfiguration()
    configuration.egress = .development
    configuration.pollWait = idleWait
    configuration.lookEvery = idleWait
    configuration.sweepEvery = min(endedKeptFor, configuration.sweepEvery)
    return configuration
  }

  var iam: IAMConfiguration {
    var configuration = IAMConfiguration.onOneMachine
    configuration.keysReadEvery = max(idleWait, configuration.keysReadEvery)
    return configuration
  }

  func worker(_ name: String, slots: Int, pools: [PoolName]) -> WorkerConfiguration {
    let all = SortedSet([.default] + pools).members
    var configuration = WorkerConfiguration(name: name, pools: all, slots: slots)
    configuration.containment = "simulated"
    configuration.pollWait = idleWait
    configuration.limits.claimRetry = WorkerLimits.waits(askSoonest, askEvery)
    return configuration
  }

  /// How long a token may still be good somewhere after it was taken back.
  var trustedFor: Duration { max(trustEvery * 3, AuthenticatorConfiguration().trustedFor) }

  var authenticator: AuthenticatorConfiguration {
    var configuration = AuthenticatorConfiguration()
    configuration.syncEvery = trustEvery
    configuration.trustedFor = trustedFor
    return configuration
  }

  var audit: AuditSending {
    var sending = AuditSending()
    sending.sendEvery = auditEvery
    return sending
  }

  private var outbox: OutboxConfiguration {
    var configuration = OutboxConfiguration()
    configuration.idleWait = idleWait
    return configuration
  }
}
