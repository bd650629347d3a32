/// The collections of the archive and their indexes, as data: `admin migrate` makes them, and
/// a test holds every kind of search against them.
enum MongoSchema {
  struct Index: Hashable, Sendable {
    var collection: String
    var name: String
    /// Fields in their order; true for those that descend.
    var fields: [(name: String, isDescending: Bool)]
    var isUnique = false

    static func == (left: Index, right: Index) -> Bool {
      left.collection == right.collection && left.name == right.name
        && left.isUnique == right.isUnique
        && left.fields.elementsEqual(right.fields, by: ==)
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(name)
    }
  }

  static let jobs = "jobs"
  static let tasks = "tasks"
  static let logs = "log_chunks"
  static let collections = [jobs, tasks, logs]

  static let jobsByNamespace = newest("by_namespace")
  static let jobsByWorkflow = newest("by_workflow", "workflow")
  static let jobsByState = newest("by_state", "state")
  static let jobsByLabel = newest("by_label", "labelPairs")
  static let jobsByWord = newest("by_word", "words")
  /// Of jobs that have ended: what is removed first.
  static let jobsByEnd = Index(
    collection: jobs, name: "by_end", fields: [("namespace", false), ("endedAtUs", false)])
  static let tasksByKey = Index(
    collection: tasks, name: "by_task",
    fields: [("run", false), ("order", false)], isUnique: true)
  static let chunksByLine = Index(
    collection: logs, name: "by_line", fields: [("attempt", false), ("first", false)],
    isUnique: true)

  static let indexes = [
    jobsByNamespace, jobsByWorkflow, jobsByState, jobsByLabel, jobsByWord, jobsByEnd,
    tasksByKey, chunksByLine,
  ]

  /// Jobs of a namespace that have something, the newest first.
  private static func newest(_ name: String, _ field: String? = nil) -> Index {
    Index(
      collection: jobs, name: name,
      fields: [("namespace", false)] + (field.map { [($0, false)] } ?? []) + [
        ("order", true)
      ])
  }
}

extension MongoSchema.Index {
  /// As `createIndexes` takes it.
  var declaration: BSONDocument {
    var declaration: BSONDocument = ["name": .string(name), "key": .document(key)]
    if isUnique { declaration.append("unique", .boolean(true)) }
    return declaration
  }

  private var key: BSONDocument {
    var key = BSONDocument()
    for field in fields { key.append(field.name, .integer(field.isDescending ? -1 : 1)) }
    return key
  }

  /// Whether the server's own description says the same.
  func agrees(with stored: BSONDocument) -> Bool {
    guard stored.string("name") == name, let fields = stored.document("key") else { return false }
    return fields == key && (stored["unique"] == .boolean(true)) == isUnique
  }
}
