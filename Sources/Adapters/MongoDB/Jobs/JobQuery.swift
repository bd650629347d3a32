internal import Domain
internal import Ports

/// A filter of jobs as one search of the server, along the index that leaves the fewest to look at.
///
/// What users write is only ever compared with: no text of theirs becomes the name of a field or of
/// an operator.
struct JobQuery {
  private let filter: JobFilter
  private let configuration: MongoDBConfiguration

  init(_ filter: JobFilter, _ configuration: MongoDBConfiguration) {
    self.filter = filter
    self.configuration = configuration
  }

  func find(
    limit: Int, after cursor: String?
  ) throws(ArchiveError) -> MongoSession.Find {
    var parts: [BSONValue] = [.document(["namespace": .string(filter.namespace.text)])]
    if let workflow = filter.workflow {
      parts.append(.document(["workflow": .string(workflow.text)]))
    }
    if let state = filter.state { parts.append(.document(["state": .string(state)])) }
    for (name, value) in filter.labels { parts.append(.document(JobQuery.has(name, [value]))) }
    if let since = filter.since {
      parts.append(JobQuery.order("$gte", SortableText.moment(since)))
    }
    if let before = filter.before {
      parts.append(JobQuery.order("$lt", SortableText.moment(before)))
    }
    if let condition = filter.condition { parts.append(.document(JobQuery.condition(condition))) }
    if let cursor {
      let place = try JobCursor(cursor)
      parts.append(JobQuery.order("$lt", SortableText.job(place.createdAt, place.run)))
    }
    return MongoSession.Find(
      collection: MongoSchema.jobs, filter: ["$and": .array(parts)],
      sort: ["order": .integer(-1)], without: JobQuery.comparedOnly, index: index, limit: limit,
      within: configuration.searchWithin)
  }

  /// The index that is best for it: labels and words are the most selective as a rule, states the
  /// least.
  var index: MongoSchema.Index {
    if !filter.labels.isEmpty { return MongoSchema.jobsByLabel }
    if requiresWord { return MongoSchema.jobsByWord }
    if filter.workflow != nil { return MongoSchema.jobsByWorkflow }
    if filter.state != nil { return MongoSchema.jobsByState }
    return MongoSchema.jobsByNamespace
  }

  private var requiresWord: Bool {
    filter.condition?.required.contains { test in
      if case .contains(_, let words) = test { return !words.isEmpty }
      return false
    } ?? false
  }

  /// What is stored for comparing alone: half of a document.
  static let comparedOnly = [
    "labelPairs", "words", "errorWords", "order", "waitUs", "tookUs",
  ]

  // MARK: Conditions

  private static func condition(_ condition: SearchCondition) -> BSONDocument {
    switch condition {
    case .all(let parts): ["$and": .array(parts.map { .document(JobQuery.condition($0)) })]
    case .any(let parts): ["$or": .array(parts.map { .document(JobQuery.condition($0)) })]
    case .not(let part): ["$nor": .array([.document(JobQuery.condition(part))])]
    case .test(let test): JobQuery.test(test)
    }
  }

  private static func test(_ test: SearchTest) -> BSONDocument {
    switch test {
    case .word(.state, let choices): isOne("state", of: choices)
    case .word(.workflow, let choices): isOne("workflow", of: choices)
    case .word(.version, let choices): isOne("version", of: choices)
    case .word(.label(let name), let choices): has(name, choices)
    case .contains(let field, let words): contains(field, words)
    case .moment(.created, let order, let moment):
      compare("createdAtUs", order, moment.microseconds)
    case .moment(.started, let order, let moment):
      compare("startedAtUs", order, moment.microseconds)
    case .moment(.ended, let order, let moment): compare("endedAtUs", order, moment.microseconds)
    case .length(.wait, let order, let length): compare("waitUs", order, length.wholeMicroseconds)
    case .length(.took, let order, let length): compare("tookUs", order, length.wholeMicroseconds)
    // A parser pairs no field with another kind of test.
    case .word, .moment, .length: nothing
    }
  }

  private static func isOne(_ field: String, of choices: [String]) -> BSONDocument {
    [field: .document(["$in": .array(choices.map { .string($0) })])]
  }

  private static func has(_ name: String, _ values: [String]) -> BSONDocument {
    isOne("labelPairs", of: values.map { pair(name, $0) })
  }

  /// All of the words. Those of the error are words of the text as well: an index has these.
  private static func contains(_ field: SearchField, _ words: [String]) -> BSONDocument {
    let all = BSONValue.document(["$all": .array(words.map { .string($0) })])
    switch field {
    case .error: return ["words": all, "errorWords": all]
    default: return ["words": all]
    }
  }

  /// What a run has not compares with nothing.
  private static func compare(
    _ field: String, _ order: SearchOrder, _ value: Int64
  ) -> BSONDocument {
    let word =
      switch order {
      case .less: "$lt"
      case .notMore: "$lte"
      case .more: "$gt"
      case .notLess: "$gte"
      }
    return [field: .document([word: .integer(value)])]
  }

  private static var nothing: BSONDocument { ["_id": .document(["$in": .array([])])] }

  /// Name and value as one text that no other pair has.
  static func pair(_ name: String, _ value: String) -> String {
    "\(name.utf8.count):\(name)=\(value)"
  }

  private static func order(_ relation: String, _ text: String) -> BSONValue {
    .document(["order": .document([relation: .string(text)])])
  }
}
