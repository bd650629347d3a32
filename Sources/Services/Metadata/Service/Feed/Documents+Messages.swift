internal import Contracts
internal import Domain
internal import Ports

extension LogChunk {
  /// Nil for chunks that cannot be understood.
  init?(_ message: TaskLog) {
    guard let attempt = AttemptID(text: message.attempt), message.first >= 0 else { return nil }
    var lines: [OutputLine] = []
    lines.reserveCapacity(message.lines.count)
    for line in message.lines {
      guard let stream = OutputLine.Stream(rawValue: line.stream) else { return nil }
      lines.append(
        OutputLine(stream: stream, bytes: line.text, at: Moment(microseconds: line.atUs)))
    }
    self.init(attempt: attempt, first: message.first, lines: lines, isLast: message.isLast)
  }
}

extension JobDocument {
  /// A run that was asked for. Revision 0: anything that the scheduler says of it is newer.
  init?(_ message: WorkflowStarted) {
    guard let run = RunID(text: message.run), let namespace = NamespaceName(message.namespace),
      let workflow = WorkflowName(message.workflow)
    else { return nil }
    self.init(
      run: run, namespace: namespace, workflow: workflow, version: VersionID(message.version),
      revision: 0, state: "queued", labels: message.labels,
      createdAt: Moment(microseconds: message.createdAtUs))
  }

  init?(_ view: RunView) {
    guard let run = RunID(text: view.run), let namespace = NamespaceName(view.namespace),
      let workflow = WorkflowName(view.workflow)
    else { return nil }
    self.init(
      run: run, namespace: namespace, workflow: workflow, version: VersionID(view.version),
      revision: view.revision, state: view.state, reason: view.reason.flatMap(Reason.init),
      labels: view.labels, createdAt: Moment(microseconds: view.createdAtUs),
      startedAt: view.startedAtUs.map(Moment.init(microseconds:)),
      endedAt: view.endedAtUs.map(Moment.init(microseconds:)),
      counts: view.counts.mapValues { Int(clamping: $0) })
  }
}

extension TaskDocument {
  init?(_ view: TaskView, of run: RunID) {
    guard let key = TaskKey(text: view.task),
      let outputs = SortedMap<String, Value>(view.outputs)
    else { return nil }
    self.init(
      run: run, task: key, revision: view.revision, state: view.state,
      reason: view.reason.flatMap(Reason.init),
      attempts: view.attempts.map { attempt in
        Attempt(
          fence: Fence(Int(clamping: attempt.fence)), worker: attempt.worker,
          state: attempt.state, queuedAt: attempt.queuedAtUs.map(Moment.init(microseconds:)),
          startedAt: attempt.startedAtUs.map(Moment.init(microseconds:)),
          endedAt: attempt.endedAtUs.map(Moment.init(microseconds:)),
          exitCode: attempt.exitCode.map(Int.init), reason: attempt.reason.flatMap(Reason.init),
          logLines: attempt.logLines, usage: attempt.usage.map { ResourceUsage($0) })
      }, outputs: outputs)
  }
}
