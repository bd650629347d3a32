internal import Contracts
internal import Domain
internal import Ports

extension ArchivedJobRecord {
  init(_ job: JobDocument) {
    self.init(
      run: job.run.text, namespace: job.namespace.text, workflow: job.workflow.text,
      version: job.version.text, revision: job.revision, state: job.state,
      reason: job.reason.map { ReasonMessage($0) }, labels: job.labels,
      createdAtUs: job.createdAt.microseconds, startedAtUs: job.startedAt?.microseconds,
      endedAtUs: job.endedAt?.microseconds, counts: job.counts.mapValues { Int64($0) })
  }

  /// One row for each label that can be indexed.
  var indexedLabels: [ArchivedLabelRecord] {
    labels.filter { ArchiveTables.isIndexed($0.key, $0.value) }.map { name, value in
      ArchivedLabelRecord(
        run: run, namespace: namespace, name: name, value: value, createdAtUs: createdAtUs)
    }
  }
}

extension JobDocument {
  /// - Throws: `.refused` when the record was not written by an archive.
  init(archived record: ArchivedJobRecord) throws(StoreError) {
    guard let run = RunID(text: record.run), let namespace = NamespaceName(record.namespace),
      let workflow = WorkflowName(record.workflow)
    else { throw .refused("the archived job \(record.run) cannot be read") }
    self.init(
      run: run, namespace: namespace, workflow: workflow, version: VersionID(record.version),
      revision: record.revision, state: record.state,
      reason: record.reason.flatMap { Reason($0) }, labels: record.labels,
      createdAt: Moment(microseconds: record.createdAtUs),
      startedAt: record.startedAtUs.map { Moment(microseconds: $0) },
      endedAt: record.endedAtUs.map { Moment(microseconds: $0) },
      counts: record.counts.mapValues { Int(clamping: $0) })
  }
}

extension ArchivedTaskRecord {
  init(_ task: TaskDocument) {
    self.init(
      run: task.run.text, name: task.task.name.text, index: Int64(task.task.index ?? -1),
      revision: task.revision, state: task.state, reason: task.reason.map { ReasonMessage($0) },
      attempts: task.attempts.map { ArchivedAttemptRecord($0) }, outputs: task.outputs.messages)
  }
}

extension ArchivedAttemptRecord {
  fileprivate init(_ attempt: TaskDocument.Attempt) {
    self.init(
      fence: Int64(attempt.fence.number), worker: attempt.worker, state: attempt.state,
      queuedAtUs: attempt.queuedAt?.microseconds, startedAtUs: attempt.startedAt?.microseconds,
      endedAtUs: attempt.endedAt?.microseconds, exitCode: attempt.exitCode.map { Int64($0) },
      reason: attempt.reason.map { ReasonMessage($0) }, logLines: attempt.logLines,
      usage: attempt.usage.map { ResourceUsageMessage($0) })
  }
}

extension TaskDocument {
  /// - Throws: `.refused` when the record was not written by an archive.
  init(archived record: ArchivedTaskRecord) throws(StoreError) {
    guard let run = RunID(text: record.run), let name = TaskName(record.name),
      let outputs = SortedMap<String, Value>(record.outputs)
    else { throw .refused("the archived task \(record.run)/\(record.name) cannot be read") }
    self.init(
      run: run, task: TaskKey(name, index: record.index < 0 ? nil : Int(clamping: record.index)),
      revision: record.revision, state: record.state,
      reason: record.reason.flatMap { Reason($0) },
      attempts: record.attempts.map { Attempt(archived: $0) }, outputs: outputs)
  }
}

extension TaskDocument.Attempt {
  fileprivate init(archived record: ArchivedAttemptRecord) {
    self.init(
      fence: Fence(Int(clamping: record.fence)), worker: record.worker, state: record.state,
      queuedAt: record.queuedAtUs.map { Moment(microseconds: $0) },
      startedAt: record.startedAtUs.map { Moment(microseconds: $0) },
      endedAt: record.endedAtUs.map { Moment(microseconds: $0) },
      exitCode: record.exitCode.map { Int(clamping: $0) },
      reason: record.reason.flatMap { Reason($0) }, logLines: record.logLines,
      usage: record.usage.map { ResourceUsage($0) })
  }
}
