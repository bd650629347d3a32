internal import Domain
internal import Ports

extension JobDocument {
  /// As it is stored: what people read, and what searches compare.
  func document(wordsMax: Int) -> BSONDocument {
    let facts = facts
    let errorWords = SearchWords.distinct(facts.error, max: wordsMax)
    let words = SearchWords.distinct(facts.workflow + " " + facts.error, max: wordsMax)
    var document: BSONDocument = [
      "_id": .string(run.text), "namespace": .string(namespace.text),
      "workflow": .string(workflow.text), "version": .string(version.text),
      "revision": .integer(revision), "state": .string(state),
    ]
    document.append("reason", reason.map { .document($0.document) })
    document.append(
      "labels",
      .array(labels.map { .document(["name": .string($0.key), "value": .string($0.value)]) }))
    document.append(
      "labelPairs", .array(labels.map { .string(JobQuery.pair($0.key, $0.value)) }))
    document.append("words", .array(words.map { .string($0) }))
    document.append("errorWords", .array(errorWords.map { .string($0) }))
    document.append("createdAtUs", .integer(createdAt.microseconds))
    document.append("order", .string(SortableText.job(createdAt, run)))
    document.append("startedAtUs", startedAt.map { .integer($0.microseconds) })
    document.append("endedAtUs", endedAt.map { .integer($0.microseconds) })
    document.append("waitUs", facts.wait.map { .integer($0.wholeMicroseconds) })
    document.append("tookUs", facts.took.map { .integer($0.wholeMicroseconds) })
    document.append(
      "counts",
      .array(
        counts.map { .document(["state": .string($0.key), "count": .integer(Int64($0.value))]) }))
    return document
  }

  /// - Throws: `.refused` when the document was not written by an archive.
  init(_ document: BSONDocument) throws(ArchiveError) {
    guard let run = document.string("_id").flatMap({ RunID(text: $0) }),
      let namespace = document.string("namespace").flatMap({ NamespaceName($0) }),
      let workflow = document.string("workflow").flatMap({ WorkflowName($0) }),
      let version = document.string("version"), let revision = document.integer("revision"),
      let state = document.string("state"), let created = document.integer("createdAtUs")
    else { throw .refused("the archived job \(document.string("_id") ?? "?") cannot be read") }
    self.init(
      run: run, namespace: namespace, workflow: workflow, version: VersionID(version),
      revision: revision, state: state,
      reason: document.document("reason").flatMap { Reason($0) },
      createdAt: Moment(microseconds: created), startedAt: document.moment("startedAtUs"),
      endedAt: document.moment("endedAtUs"))
    for label in document.documents("labels") ?? [] {
      if let name = label.string("name") { labels[name] = label.string("value") }
    }
    for count in document.documents("counts") ?? [] {
      if let state = count.string("state") {
        counts[state] = count.integer("count").map { Int(clamping: $0) }
      }
    }
  }
}

extension SearchWords {
  /// The words of a text, each once, in the order in which they come first.
  static func distinct(_ text: String, max: Int) -> [String] {
    var seen: SortedSet<String> = []
    var words: [String] = []
    for word in of(text) where words.count < max && seen.insert(word) { words.append(word) }
    return words
  }
}

extension BSONDocument {
  func moment(_ name: String) -> Moment? { integer(name).map { Moment(microseconds: $0) } }
}

extension Reason {
  var document: BSONDocument {
    var document: BSONDocument = [
      "code": .string(code), "message": .string(message), "sinceUs": .integer(since.microseconds),
    ]
    document.append("untilUs", until.map { .integer($0.microseconds) })
    document.append("blockers", .array(blockers.map { .string($0) }))
    return document
  }

  init?(_ document: BSONDocument) {
    guard let code = document.string("code"), let message = document.string("message"),
      let since = document.moment("sinceUs")
    else { return nil }
    self.init(
      code: code, message: message, since: since, until: document.moment("untilUs"),
      blockers: document.strings("blockers") ?? [])
  }
}
