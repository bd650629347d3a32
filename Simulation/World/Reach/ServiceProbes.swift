/// What the services of a world come to: what they find worth saying, branches that are easily
/// missed, and rare ways that they may be made to go.
enum ServiceProbes {
  static let all: [DeclaredProbe] =
    logged.map { DeclaredProbe(name: "log \($0)", means: "a service said so") }
    + seldomLogged.map { DeclaredProbe(name: "log \($0)", means: $1, isRare: true) }
    + branches + bent

  /// Events of logs.
  private static let logged = [
    "answers.not-swept", "artifact.not-swept", "artifacts.not-swept",
    "audit.not-kept",
    "audit.not-sent", "content.read-damaged", "delivery.answer-not-stored", "delivery.put-off",
    "dispatch.retry", "ends.not-joined", "ends.not-repeated", "ends.repeated", "ends.retry",
    "feed.not-committed", "feed.not-joined",
    "feed.retry", "forgetting.put-off", "hints.lost", "hints.retry", "history.not-swept",
    "iam.not-prepared",
    "keys.not-turned", "leases.unread", "log.retry", "lost.not-reported", "outbox.retry",
    "partition.batch-failed", "partition.fetch-failed", "partition.logs-unchecked",
    "partition.lost", "partition.not-released", "partition.not-taken", "partition.recovery-failed",
    "partition.released", "partition.taken", "partitions.not-kept", "partitions.not-renewed",
    "plan.not-stored",
    "presence.not-left", "record.dead-lettered", "results.retry", "rule.unknown-webhook",
    "run.accepted", "run.ended", "run.forgotten", "run.plan-unavailable", "runs.not-redriven",
    "runs.not-swept",
    "runs.redriven",
    "session.expired", "session.not-forgotten", "session.not-opened", "session.opened",
    "sessions.not-swept", "sweep.failed", "upload.not-given-up",
  ]

  /// Events of logs that worlds need not come to, and why.
  private static let seldomLogged = [
    (
      "content.damaged",
      "bytes lay damaged in the object store, or came damaged five times in a row: no "
        + "fault does that"
    ),
    ("content.lost", "an object was gone, and no fault takes objects away"),
    ("ends.refused", "the store takes no end: none is too large for it"),
    ("ends.too-old", "no world lasts as long as ends are taken"),
    ("gateway.passed", "worlds have no gateway: clients ask services themselves"),
    ("gateway.refused", "worlds have no gateway: clients ask services themselves"),
    ("health.green", "what a process needs is watched outside of the services alone"),
    ("health.red", "what a process needs is watched outside of the services alone"),
    ("history.removed", "no world lasts as long as history is kept"),
    ("http.unchecked", "a route forgot to ask who may use it: none does"),
    (
      "object.differs",
      "the object store says that it holds something else than it was sent: no fault "
        + "damages what it keeps"
    ),
    ("outbox.refused", "a message is too large for the bus: all are cut before"),
    ("result.refused", "a result is too large for the bus: all are cut before"),
    ("rpc.not-served", "an address is taken, which only real sockets know"),
    (
      "run.quarantined",
      "a row cannot be read, or a record ends every start that begins with it: no "
        + "fault does that"
    ),
    (
      "run.rerun-unavailable",
      "the store fails between two reads of one batch of an owner that begins a rerun"
    ),
    ("secret.unopenable", "a secret was sealed by another key: no fault changes keys"),
  ]

  private static let branches: [DeclaredProbe] = [
    DeclaredProbe(name: "claims.mine-already", means: "a session claimed what it had already"),
    DeclaredProbe(
      name: "claims.one-by-one",
      means: "claims were made one by one, because one of them met a change"),
    DeclaredProbe(
      name: "claims.owner-elsewhere", means: "a claim went to a scheduler that does not own the run"
    ),
    DeclaredProbe(name: "claims.taken", means: "a session claimed what another has"),
    DeclaredProbe(
      name: "ends.repeated", means: "the end of a run that the archive does not have was told again"
    ),
    DeclaredProbe(
      name: "notification.sender-lost", means: "whoever sent a message died while sending it"),
    DeclaredProbe(name: "owner.found-dormant", means: "a new owner found runs under way"),
    DeclaredProbe(
      name: "owner.start-uncounted", means: "an owner lived on after what it could not take in"),
    DeclaredProbe(name: "owner.rewound", means: "an owner began a log anew"),
    DeclaredProbe(
      name: "runs.redriven", means: "runs that the scheduler did not know were announced again"),
    DeclaredProbe(
      name: "sessions.beat-too-late", means: "a heartbeat came for a session that is over"),
    DeclaredProbe(
      name: "sessions.disowned", means: "a worker twice did not name what it was given"),
    DeclaredProbe(name: "sessions.open-repeated", means: "the request for a session was repeated"),
    DeclaredProbe(name: "worker.beat-failed", means: "a heartbeat had no answer"),
    DeclaredProbe(name: "worker.claim-failed", means: "a claim had no answer"),
  ]

  /// Sites of `buggify`.
  private static let bent: [DeclaredProbe] = [
    DeclaredProbe(
      name: "buggify uploads.slow", means: "an upload took longer than anybody waited for it"),
    DeclaredProbe(
      name: "buggify claims.late",
      means: "a claim waits for two leases of its session before it commits"),
    DeclaredProbe(
      name: "buggify sessions.lost-unsent",
      means: "what a session has lost is not told at once"),
    DeclaredProbe(
      name: "buggify claims.slow", means: "a claim is slow between its reads and its commit"),
    DeclaredProbe(
      name: "buggify ends.not-committed", means: "the offsets of ends are not committed"),
    DeclaredProbe(
      name: "buggify hints.dropped", means: "hints are dropped"),
    DeclaredProbe(
      name: "buggify hints.not-committed", means: "the offsets of hints are not committed"),
    DeclaredProbe(
      name: "buggify history.not-committed", means: "the offsets of history are not committed"),
    DeclaredProbe(
      name: "buggify log.one-line", means: "lines are shipped one by one"),
    DeclaredProbe(
      name: "buggify outbox.not-acknowledged", means: "published messages are not acknowledged"),
    DeclaredProbe(
      name: "buggify outbox.one-message", means: "messages are published one by one"),
    DeclaredProbe(
      name: "buggify owner.one-record", means: "an owner takes in one record at a time"),
    DeclaredProbe(
      name: "buggify plans.forgotten", means: "a plan is read again"),
    DeclaredProbe(
      name: "buggify results.twice", means: "results are published twice"),
    DeclaredProbe(
      name: "buggify rules.forgotten", means: "rules are read again"),
    DeclaredProbe(
      name: "buggify sessions.unswept", means: "sessions are not looked at"),
  ]
}
