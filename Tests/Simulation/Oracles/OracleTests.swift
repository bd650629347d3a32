import Contracts
import Domain
import Ports
import SimulationOracles
import TestSupport
import Testing

/// Each invariant is shown what it must not let pass.
struct OracleTests {
  private static let run = RunID.sample(1).text

  private static func run(
    _ phase: String, _ outcome: String = "", revision: Int64,
    change: (inout RunRecord) -> Void = {
      _ in
    }
  ) -> RunRecord {
    var record = RunRecord(
      run: run, namespace: "default", workflow: "w", version: "v", phase: phase, outcome: outcome,
      revision: revision)
    change(&record)
    return record
  }

  private static func task(
    _ phase: String, _ outcome: String = "", fence: Int64 = 1, revision: Int64,
    change: (inout TaskRecord) -> Void = { _ in }
  ) -> TaskRecord {
    var record = TaskRecord(
      run: run, name: "t", index: -1, phase: phase, outcome: outcome, fence: fence,
      revision: revision)
    change(&record)
    return record
  }

  private static func commit(
    _ changes: [RecordChange], _ messages: [BusRecord] = []
  ) -> Fact {
    .committed(
      Commit(store: "scheduler", writer: "scheduler/1", changes: changes, messages: messages))
  }

  private static func ended(_ run: String) -> BusRecord {
    BusRecord(topic: "workflow.completed", key: run, value: [])
  }

  /// What one invariant says of facts, its last look included.
  private static func said(_ kind: any Invariant.Type, _ facts: [Fact]) -> [String] {
    let judge = Judge([kind])
    for fact in facts { judge.see(fact, at: .zero) }
    judge.close(at: .zero)
    return judge.violations.map(\.what)
  }

  @Test func `an artifact without its bytes is noticed`() {
    let whole = Fact.kept(artifact: "a", digest: "d", found: "d")
    #expect(Self.said(ArtifactsWhole.self, [whole]).isEmpty)
    let others = [
      Fact.kept(artifact: "b", digest: "d", found: "e"),
      Fact.kept(artifact: "c", digest: "d", found: nil),
    ]
    for fact in others { #expect(Self.said(ArtifactsWhole.self, [fact]).count == 1) }
  }

  @Test func `a file that was taken is missed until somebody removes it`() {
    func call(_ number: Int, _ intent: ClientCall.Intent) -> ClientCall {
      ClientCall(number: number, client: "user", intent: intent, method: "GET", path: "p")
    }
    func facts(removing: Bool) -> [Fact] {
      let upload = call(1, .upload(path: "p", content: "c"))
      let remove = call(2, .remove(path: "p"))
      let download = call(3, .download(path: "p"))
      return [
        .asked(upload), .answered(upload, .answered(status: 201, body: .null, requestID: "")),
      ]
        + (removing ? [.asked(remove)] : [])
        + [
          .asked(download), .answered(download, .answered(status: 404, body: .null, requestID: "")),
        ]
    }
    #expect(Self.said(ArtifactBytes.self, facts(removing: false)).count == 1)
    #expect(Self.said(ArtifactBytes.self, facts(removing: true)).isEmpty)
  }

  @Test func `a run that comes back from its end is noticed`() {
    let facts = [
      Self.commit([.run(Change(before: nil, after: Self.run("running", revision: 1)))]),
      Self.commit([
        .run(
          Change(
            before: Self.run("ended", "failed", revision: 2),
            after: Self.run("running", revision: 3)))
      ]),
    ]
    #expect(Self.said(RunPhases.self, facts) == ["\(Self.run) went from ended to running"])
  }

  @Test func `a change without an entry of the audit, and a second entry, are noticed`() {
    func entry(_ id: String, of request: String) -> Fact {
      let record = AuditRecord(id: id, action: "POST /v1/users", request: request)
      return .committed(
        Commit(
          store: "iam", writer: "iam/1", changes: [.audit(Change(before: nil, after: record))],
          messages: []))
    }
    func answer(_ path: String, _ status: Int, _ request: String) -> Fact {
      .answered(
        ClientCall(number: 1, client: "ann", intent: .other("x"), method: "POST", path: path),
        .answered(status: status, body: .null, requestID: request))
    }
    let good = [
      entry("a", of: "1"), answer("/v1/users", 201, "1"), answer("/v1/users", 409, "2"),
      answer("/v1/runs", 201, "3"),
    ]
    #expect(Self.said(ChangesAudited.self, good).isEmpty)
    #expect(Self.said(ChangesAudited.self, good + [answer("/v1/users", 200, "4")]).count == 1)
    #expect(Self.said(ChangesAudited.self, good + [entry("b", of: "1")]).count == 1)
  }

  @Test func `a second outcome is noticed, in the store and on the bus`() {
    let failed = Self.run("ended", "failed", revision: 2)
    let succeeded = Self.run("ended", "succeeded", revision: 3)
    #expect(
      Self.said(
        RunOutcome.self,
        [
          Self.commit([.run(Change(before: nil, after: failed))]),
          Self.commit([.run(Change(before: failed, after: succeeded))]),
        ]
      ).count == 1)
    #expect(
      Self.said(
        TaskOutcome.self,
        [
          Self.commit([
            .task(
              Change(
                before: Self.task("ended", "failed", revision: 1),
                after: Self.task("ended", "succeeded", revision: 2)))
          ])
        ]
      ).count == 1)
  }

  @Test func `an end without a message is noticed, and one with it is good`() {
    let change = RecordChange.run(
      Change(
        before: Self.run("running", revision: 1), after: Self.run("ended", "failed", revision: 2)))
    #expect(Self.said(OutboxEnd.self, [Self.commit([change])]).count == 1)
    #expect(Self.said(OutboxEnd.self, [Self.commit([change], [Self.ended(Self.run)])]).isEmpty)
  }

  @Test func `a lease of what is not offered, and a second one, are noticed`() {
    let attempt = Self.task("offered", revision: 1).attemptText ?? ""
    let lease = RecordChange.lease(
      Change(before: nil, after: LeaseRecord(attempt: attempt, session: "s", worker: "w")))
    let open = RecordChange.session(
      Change(before: nil, after: SessionRecord(session: "s", worker: "w", slots: 1, state: "open")))
    let offer = RecordChange.task(
      Change(before: nil, after: Self.task("offered", revision: 1)))
    #expect(
      Self.said(LeaseGrant.self, [Self.commit([open, offer]), Self.commit([lease])]).isEmpty)
    #expect(Self.said(LeaseGrant.self, [Self.commit([open]), Self.commit([lease])]).count == 1)
    #expect(
      Self.said(
        LeaseGrant.self, [Self.commit([open, offer]), Self.commit([lease]), Self.commit([lease])]
      ).count == 1)
    #expect(Self.said(LeaseGrant.self, [Self.commit([offer]), Self.commit([lease])]).count == 1)
  }

  @Test func `a success that nobody executed is noticed`() {
    let attempt = AttemptRecord(fence: 1, worker: "w", end: "succeeded")
    let change = RecordChange.task(
      Change(
        before: nil,
        after: Self.task("ended", "succeeded", revision: 1) { $0.attempts = [attempt] }))
    #expect(Self.said(AcceptedResult.self, [Self.commit([change])]).count == 1)
  }

  @Test func `more permits than there are, and tasks of a stopped run, are noticed`() {
    let permit = RunRecord.Permit(limit: "l", size: 1, phase: "held")
    let one = Self.run("running", revision: 1) { $0.permit = permit }
    let other = Self.run("running", revision: 1) {
      $0.permit = permit
      $0.run = RunID.sample(2).text
    }
    #expect(
      Self.said(
        PermitLimit.self,
        [
          Self.commit([
            .run(Change(before: nil, after: one)), .run(Change(before: nil, after: other)),
          ])
        ]
      ).count == 1)
    #expect(
      Self.said(
        NoStartAfterCancel.self,
        [
          Self.commit([
            .run(Change(before: nil, after: Self.run("stopping", revision: 1))),
            .task(Change(before: nil, after: Self.task("offered", revision: 1))),
          ])
        ]
      ).count == 1)
  }

  @Test func `history that says something else, or nothing, is noticed`() {
    let end = Self.commit([
      .run(Change(before: nil, after: Self.run("ended", "failed", revision: 1)))
    ])
    let right = Fact.archived(run: Self.run, state: "failed")
    let wrong = Fact.archived(run: Self.run, state: "succeeded")
    #expect(Self.said(HistoryConverges.self, [end, right]).isEmpty)
    #expect(Self.said(HistoryConverges.self, [end, wrong]).count == 1)
    #expect(Self.said(HistoryConverges.self, [end]).count == 1)
  }

  @Test func `two messages about one end, and an end that nobody noticed, are noticed`() {
    func message(_ id: String) -> RecordChange {
      var record = DeliveryRecord(delivery: id, subscription: "sub")
      record.end = RunEndMessage(run: Self.run, revision: 1)
      return .delivery(Change(before: nil, after: record))
    }
    #expect(Self.said(OneMessage.self, [Self.commit([message("a")])]).isEmpty)
    #expect(Self.said(OneMessage.self, [Self.commit([message("a"), message("b")])]).count == 1)
    let end = Self.commit([
      .run(Change(before: nil, after: Self.run("ended", "failed", revision: 1)))
    ])
    let noticed = Self.commit([
      .notifiedEnd(
        Change(before: nil, after: NotifiedEndRecord(run: Self.run, revision: 1, messages: 1)))
    ])
    #expect(Self.said(EndsNoticed.self, [end]).count == 1)
    #expect(Self.said(EndsNoticed.self, [end, noticed]).isEmpty)
    #expect(Self.said(EndsNoticed.self, [end, noticed, noticed]).count == 1)
    let silent = Self.commit([
      .notifiedEnd(Change(before: nil, after: NotifiedEndRecord(run: Self.run, revision: 1)))
    ])
    #expect(Self.said(EndsNoticed.self, [end, silent]).count == 1)
  }

  @Test func `an answer to a stranger is noticed`() {
    var call = ClientCall(
      number: 1, client: "s", intent: .other("trespass"), method: "GET", path: "/v1/users")
    let answer = ClientAnswer.answered(status: 200, body: .null, requestID: "")
    #expect(Self.said(StrangersRefused.self, [.answered(call, answer)]).isEmpty)
    call.isAllowed = false
    #expect(Self.said(StrangersRefused.self, [.answered(call, answer)]).count == 1)
  }

  @Test func `a promise to a client that is not kept is noticed`() {
    let call = ClientCall(
      number: 1, client: "u", intent: .start(workflow: "w"), method: "POST", path: "/v1/runs")
    let answer = ClientAnswer.answered(
      status: 202, body: .object(["id": .string(Self.run)]), requestID: "")
    #expect(Self.said(AcknowledgedStart.self, [.answered(call, answer)]).count == 2)
  }
}
