internal import Domain
internal import Ports

extension TaskDocument {
  var key: String { "\(run.text)/\(task)" }

  /// As it is stored. Outputs are JSON texts: what users name there is never the name of a field.
  var document: BSONDocument {
    var document: BSONDocument = [
      "_id": .string(key), "run": .string(run.text), "task": .string(task.name.text),
      "index": .integer(Int64(task.index ?? -1)), "order": .string(SortableText.task(task)),
      "revision": .integer(revision),
      "state": .string(state),
    ]
    document.append("reason", reason.map { .document($0.document) })
    document.append("attempts", .array(attempts.map { .document($0.document) }))
    document.append(
      "outputs",
      .array(
        outputs.map { .document(["name": .string($0.key), "json": .string($0.value.json)]) }))
    return document
  }

  /// - Throws: `.refused` when the document was not written by an archive.
  init(_ document: BSONDocument) throws(ArchiveError) {
    guard let run = document.string("run").flatMap({ RunID(text: $0) }),
      let name = document.string("task").flatMap({ TaskName($0) }),
      let index = document.integer("index"), let revision = document.integer("revision"),
      let state = document.string("state")
    else { throw .refused("the archived task \(document.string("_id") ?? "?") cannot be read") }
    self.init(
      run: run, task: TaskKey(name, index: index < 0 ? nil : Int(clamping: index)),
      revision: revision, state: state,
      reason: document.document("reason").flatMap { Reason($0) },
      attempts: (document.documents("attempts") ?? []).compactMap { Attempt($0) })
    for output in document.documents("outputs") ?? [] {
      guard let name = output.string("name"), let json = output.string("json"),
        let value = try? Value(json: json, limits: .archived)
      else { throw .refused("an output of the archived task \(key) cannot be read") }
      outputs[name] = value
    }
  }
}

extension TaskDocument.Attempt {
  fileprivate var document: BSONDocument {
    var document: BSONDocument = [
      "fence": .integer(Int64(fence.number)), "worker": .string(worker), "state": .string(state),
    ]
    document.append("queuedAtUs", queuedAt.map { .integer($0.microseconds) })
    document.append("startedAtUs", startedAt.map { .integer($0.microseconds) })
    document.append("endedAtUs", endedAt.map { .integer($0.microseconds) })
    document.append("exitCode", exitCode.map { .integer(Int64($0)) })
    document.append("reason", reason.map { .document($0.document) })
    document.append("logLines", logLines.map { .integer($0) })
    document.append("processorUs", usage.map { .integer($0.processorTime.wholeMicroseconds) })
    document.append("memoryPeakBytes", usage.map { .integer($0.memoryPeakBytes) })
    return document
  }

  fileprivate init?(_ document: BSONDocument) {
    guard let fence = document.integer("fence"), let state = document.string("state") else {
      return nil
    }
    self.init(
      fence: Fence(Int(clamping: fence)), worker: document.string("worker") ?? "", state: state,
      queuedAt: document.moment("queuedAtUs"), startedAt: document.moment("startedAtUs"),
      endedAt: document.moment("endedAtUs"),
      exitCode: document.integer("exitCode").map { Int(clamping: $0) },
      reason: document.document("reason").flatMap { Reason($0) },
      logLines: document.integer("logLines"))
    if let time = document.integer("processorUs"), let bytes = document.integer("memoryPeakBytes") {
      usage = ResourceUsage(processorTime: .microseconds(time), memoryPeakBytes: bytes)
    }
  }
}

extension JSONLimits {
  /// For texts that an archive has written: of values that were within their limits then.
  fileprivate static let archived: JSONLimits = {
    var limits = JSONLimits(depthMax: 256, membersMax: .max, stringBytesMax: .max)
    limits.isNullCharacterAllowed = true
    return limits
  }()
}
