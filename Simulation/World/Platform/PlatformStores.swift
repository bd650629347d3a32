internal import ArtifactService
internal import IAMService
internal import NotificationService
internal import Ports
internal import SchedulerService
public import SimulationFakes
internal import SimulationKit
internal import WorkflowService

/// The record stores of a world: a database for each service, as in production.
public struct PlatformStores: Sendable {
  public let iam: FakeRecordStore
  public let workflow: FakeRecordStore
  public let scheduler: FakeRecordStore
  public let artifact: FakeRecordStore
  public let notification: FakeRecordStore

  init(_ world: SimulatedWorld) throws(StoreError) {
    iam = try FakeRecordStore(world, tables: IAMTables.declarations, name: "iam")
    workflow = try FakeRecordStore(world, tables: WorkflowTables.declarations, name: "workflow")
    scheduler = try FakeRecordStore(world, tables: SchedulerTables.declarations, name: "scheduler")
    artifact = try FakeRecordStore(world, tables: ArtifactTables.declarations, name: "artifact")
    notification = try FakeRecordStore(
      world, tables: NotificationTables.declarations, name: "notification")
  }

  /// By the role that the store belongs to.
  public var all: [(role: Role, store: FakeRecordStore)] {
    [
      (.iam, iam), (.workflow, workflow), (.scheduler, scheduler), (.artifact, artifact),
      (.notification, notification),
    ]
  }
}
