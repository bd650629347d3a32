/// All invariants. One that is not here judges nothing; a test compares with the folder.
public enum Invariants {
  public static let all: [any Invariant.Type] = runs + tasks + leases + messages + clients + files

  private static let runs: [any Invariant.Type] = [
    RunPhases.self, RunOutcome.self, RunRevisions.self, RunCause.self, RunTenant.self,
    PermitLimit.self, CountsAddUp.self, HistoryConverges.self,
  ]
  private static let tasks: [any Invariant.Type] = [
    TaskPhases.self, TaskOutcome.self, TaskOrder.self, TaskEnds.self, AttemptNumbers.self,
    RetryBudget.self, BackoffWait.self, NoStartAfterCancel.self,
  ]
  private static let leases: [any Invariant.Type] = [
    LeaseGrant.self, ExecutionLease.self, AcceptedResult.self, SlotLimit.self,
    PartitionEpoch.self, SessionStates.self, PartitionsOwned.self, WithdrawnAttempts.self,
  ]
  private static let messages: [any Invariant.Type] = [
    OutboxEnd.self, OutboxStart.self, PublishedEnds.self, NoDeadLetters.self,
    DeliveryOutcome.self, ReceivedMessages.self, OneMessage.self, EndsNoticed.self,
  ]
  private static let clients: [any Invariant.Type] = [
    AcknowledgedStart.self, SameKeySameRun.self, MonotoneReads.self, ReadYourWrites.self,
    ServerErrors.self, StrangersRefused.self, ChangesAudited.self,
  ]
  private static let files: [any Invariant.Type] = [
    ArtifactPhases.self, ArtifactBytes.self, ArtifactsWhole.self,
  ]
}
