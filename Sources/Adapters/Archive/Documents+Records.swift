internal import Contracts
internal import Domain
internal import Ports

extension JobRecord {
  init(_ job: JobDocument) {
    self.init(
      run: job.run.text, namespace: job.namespace.text, workflow: job.workflow.text,
      version: job.version.text, revision: job.revision, state: job.state,
      reason: job.reason.map(ReasonMessage.init), labels: job.labels,
      createdAtUs: job.createdAt.microseconds, startedAtUs: job.startedAt?.microseconds,
      endedAtUs: job.endedAt?.microseconds, counts: job.counts.mapValues(Int64.init))
  }
}

extension JobDocument {
  /// Nil for records that cannot be understood.
  init?(_ record: JobRecord) {
    guard let run = RunID(text: record.run), let namespace = NamespaceName(record.namespace),
      let workflow = WorkflowName(record.workflow)
    else { return nil }
    self.init(
      run: run, namespace: namespace, workflow: workflow, version: VersionID(record.version),
      revision: record.revision, state: record.state, reason: record.reason.flatMap(Reason.init),
      labels: record.labels, createdAt: Moment(microseconds: record.createdAtUs),
      startedAt: record.startedAtUs.map(Moment.init(microseconds:)),
      endedAt: record.endedAtUs.map(Moment.init(microseconds:)),
      counts: record.counts.mapValues { Int(clamping: $0) })
  }
}

extension JobTaskRecord {
  init(_ task: TaskDocument) {
    self.init(
      run: task.run.text, name: task.task.name.text, index: Int64(task.task.index ?? -1),
      revision: task.revision, state: task.state, reason: task.reason.map(ReasonMessage.init),
      attempts: task.attempts.map { attempt in
        Attempt(
          fence: Int64(attempt.fence.number), worker: attempt.worker, state: attempt.state,
          queuedAtUs: attempt.queuedAt?.microseconds,
          startedAtUs: attempt.startedAt?.microseconds,
          endedAtUs: attempt.endedAt?.microseconds,
          exitCode: attempt.exitCode.map { Int32(clamping: $0) },
          reason: attempt.reason.map(ReasonMessage.init))
      }, outputs: task.outputs.mapValues { ValueMessage($0) })
  }
}

extension TaskDocument {
  /// Nil for records that cannot be understood.
  init?(_ record: JobTaskRecord) {
    guard let run = RunID(text: record.run), let name = TaskName(record.name),
      let outputs = SortedMap<String, Value>(record.outputs)
    else { return nil }
    self.init(
      run: run,
      task: TaskKey(name, index: record.index < 0 ? nil : Int(clamping: record.index)),
      revision: record.revision, state: record.state, reason: record.reason.flatMap(Reason.init),
      attempts: record.attempts.map { attempt in
        Attempt(
          fence: Fence(Int(clamping: attempt.fence)), worker: attempt.worker,
          state: attempt.state, queuedAt: attempt.queuedAtUs.map(Moment.init(microseconds:)),
          startedAt: attempt.startedAtUs.map(Moment.init(microseconds:)),
          endedAt: attempt.endedAtUs.map(Moment.init(microseconds:)),
          exitCode: attempt.exitCode.map(Int.init), reason: attempt.reason.flatMap(Reason.init))
      }, outputs: outputs)
  }
}

extension LogChunkRecord {
  init(_ chunk: LogChunk) {
    self.init(
      attempt: chunk.attempt.description, first: chunk.first,
      lines: chunk.lines.map {
        Line(stream: $0.stream.rawValue, text: $0.bytes, atUs: $0.at.microseconds)
      }, isLast: chunk.isLast)
  }
}

extension OutputLine {
  /// Nil for streams that this version does not know.
  init?(_ line: LogChunkRecord.Line) {
    guard let stream = Stream(rawValue: line.stream) else { return nil }
    self.init(stream: stream, bytes: line.text, at: Moment(microseconds: line.atUs))
  }
}
