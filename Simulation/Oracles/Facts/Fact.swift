internal import Contracts
public import Domain
public import Ports

/// Something that happened in a world, as anybody could see it who stands beside the services.
public enum Fact: Sendable {
  /// A batch took effect in the store of a service.
  case committed(Commit)
  /// A record was appended to a topic.
  case published(BusDelivery)
  case executionBegan(ExecutionSeen)
  case executionEnded(ExecutionSeen)
  /// A client sent a request.
  case asked(ClientCall)
  /// A client got an answer, or gave up.
  case answered(ClientCall, ClientAnswer)
  /// A receiver took a message.
  case received(MessageSeen)
  /// What the workload gave the platform to run.
  case defined(WorkflowDefinition, version: String)
  /// What history says of a run, when everything has come to rest.
  case archived(run: String, state: String)
  /// An artifact that is ready, when everything has come to rest: its digest, and that of what the
  /// object store has of it.
  case kept(artifact: String, digest: String, found: String?)
  /// Faults are over: from here on everything must come to its end.
  case healed
}

/// A batch as it took effect, with what its rows were before.
///
/// An object, since every invariant is shown it.
public final class Commit: Sendable {
  /// Whose store it is: a role.
  public let store: String
  /// The process that wrote, as `scheduler-1/2`; nil for what a test wrote.
  public let writer: String?
  public let changes: [RecordChange]
  public let messages: [BusRecord]
  /// The changes of runs and tasks, which most invariants are about.
  let runs: [Change<RunRecord>]
  let tasks: [Change<TaskRecord>]
  /// Of all changes together.
  let interest: Interest

  public init(
    store: String, writer: String?, changes: [RecordChange], messages: [BusRecord]
  ) {
    self.store = store
    self.writer = writer
    self.changes = changes
    self.messages = messages
    interest = changes.reduce([]) { $0.union($1.interest) }
    runs = changes.compactMap { if case .run(let change) = $0 { change } else { nil } }
    tasks = changes.compactMap { if case .task(let change) = $0 { change } else { nil } }
  }
}

/// An execution of an attempt, however the platform came to start it.
public struct ExecutionSeen: Sendable {
  /// Which one, in the order of starts.
  public var number: Int
  public var attempt: AttemptID
  /// The process that it belongs to, as `worker-1/2`.
  public var process: String
  /// Of one that has ended: how; nil when it died with its process.
  public var result: ExecutionResult?

  public init(number: Int, attempt: AttemptID, process: String, result: ExecutionResult? = nil) {
    self.number = number
    self.attempt = attempt
    self.process = process
    self.result = result
  }
}

/// A message that arrived at its receiver.
public struct MessageSeen: Sendable {
  /// The id that is the same in every copy.
  public var id: String
  public var destination: String
  public var isSigned: Bool

  public init(id: String, destination: String, isSigned: Bool) {
    self.id = id
    self.destination = destination
    self.isSigned = isSigned
  }
}
