internal import CMongoDB
internal import Domain

/// One connection for the length of a call.
struct MongoSession: ~Copyable {
  /// A document that replaces the one with its key if that has a lower number, or there is none.
  struct Write: Sendable {
    var key: String
    /// What tells newer from older; nil for a document that only the first writer writes.
    var number: (field: String, value: Int64)?
    var document: BSONDocument
  }

  struct Find: Sendable {
    var collection: String
    var filter: BSONDocument
    var sort: BSONDocument?
    /// Fields that nobody reads, and that the server therefore keeps.
    var without: [String] = []
    /// The declared index that serves it; nil for the key. The server finds it by itself.
    var index: MongoSchema.Index?
    var limit: Int
    /// Documents of one answer of the server.
    var batch = 1_000
    /// How long the server may work on it.
    var within: Duration?
  }

  private let client: OpaquePointer
  private let database: String
  private let configuration: MongoDBConfiguration

  init(_ client: OpaquePointer, database: String, _ configuration: MongoDBConfiguration) {
    self.client = client
    self.database = database
    self.configuration = configuration
  }

  /// Documents in order, until `take` wants no more.
  func find(
    _ find: Find, _ take: (BSONDocument) -> Bool
  ) throws(MongoFailure) {
    var options: BSONDocument = [
      "limit": .integer(Int64(find.limit)),
      "batchSize": .integer(Int64(min(find.batch, find.limit))),
    ]
    options.append("sort", find.sort.map { .document($0) })
    if !find.without.isEmpty {
      var kept = BSONDocument()
      for field in find.without { kept.append(field, .integer(0)) }
      options.append("projection", .document(kept))
    }
    options.append("maxTimeMS", find.within.map { .integer(Int64($0.wholeMilliseconds)) })
    let filter = try NativeDocument(find.filter)
    let chosen = try NativeDocument(options)
    let cursor = filter.lend { filter in
      chosen.lend { millrace_mongo_find(client, database, find.collection, filter, $0) }
    }
    guard let cursor else { throw .unavailable("there is no memory for a cursor") }
    defer { millrace_mongo_cursor_destroy(cursor) }
    while let found = millrace_mongo_next(cursor) {
      guard take(BSONDocument(native: found)) else { return }
    }
    var error = millrace_mongo_error()
    if millrace_mongo_has_failed(cursor, &error) { throw MongoFailure(error).ofReading }
  }

  /// Carries out each write whose document is newer than what is there, in any order.
  ///
  /// A write that finds nothing to replace inserts; when another one has inserted meanwhile, the
  /// server answers that the key is taken. Seen twice, it means that what is there is not older.
  func write(_ writes: [Write], to name: String) throws(MongoFailure) {
    var rest = writes
    for _ in 0..<2 where !rest.isEmpty {
      rest = try taken(try execute(rest, name), of: rest)
    }
  }

  /// The writes whose keys were taken.
  ///
  /// - Throws: what any other write has failed with.
  private func taken(
    _ reply: BSONDocument, of writes: [Write]
  ) throws(MongoFailure) -> [Write] {
    var taken: [Write] = []
    for fault in reply.documents("writeErrors") ?? [] {
      let failure = MongoFailure(
        serverCode: fault.integer("code") ?? 0, fault.string("errmsg") ?? "a write has failed")
      guard failure == .duplicate, let place = fault.integer("index"),
        writes.indices.contains(Int(clamping: place))
      else { throw failure }
      taken.append(writes[Int(clamping: place)])
    }
    if let fault = reply.documents("writeConcernErrors")?.first {
      throw .outcomeUnknown(fault.string("errmsg") ?? "a majority has not answered")
    }
    return taken
  }

  private func execute(_ writes: [Write], _ name: String) throws(MongoFailure) -> BSONDocument {
    let options = try NativeDocument([
      "ordered": .boolean(false), "writeConcern": .document(concern),
    ])
    let bulk = options.lend { millrace_mongo_writes_new(client, database, name, $0) }
    guard let bulk else { throw .unavailable("there is no memory for a write") }
    defer { millrace_mongo_writes_destroy(bulk) }
    let upsert = try NativeDocument(["upsert": .boolean(true)])
    for write in writes { try add(write, upsert, to: bulk) }
    var isDone = false
    var error = millrace_mongo_error()
    guard let reply = millrace_mongo_execute(bulk, &isDone, &error) else {
      throw .outcomeUnknown("there is no memory for an answer")
    }
    defer { millrace_bson_destroy(reply) }
    let answer = BSONDocument(native: reply)
    let isJudged =
      !(answer.documents("writeErrors") ?? []).isEmpty
      || !(answer.documents("writeConcernErrors") ?? []).isEmpty
    guard isDone || isJudged else { throw MongoFailure(error) }
    return answer
  }

  private func add(
    _ write: Write, _ upsert: borrowing NativeDocument, to bulk: OpaquePointer
  ) throws(MongoFailure) {
    var selector: BSONDocument = ["_id": .string(write.key)]
    var change = BSONDocument()
    if let (field, value) = write.number {
      selector.append(field, .document(["$lt": .integer(value)]))
      change = write.document
    } else {
      change.append("$setOnInsert", .document(write.document))
    }
    let found = try NativeDocument(selector)
    let changed = try NativeDocument(change)
    guard changed.count <= configuration.documentBytesMax else {
      throw .refused(
        "a document has \(changed.count) bytes, more than \(configuration.documentBytesMax)")
    }
    var error = millrace_mongo_error()
    let isReplacing = write.number != nil
    let isAdded = found.lend { found in
      changed.lend { changed in
        upsert.lend { upsert in
          isReplacing
            ? millrace_mongo_add_replacement(bulk, found, changed, upsert, &error)
            : millrace_mongo_add_update(bulk, found, changed, upsert, &error)
        }
      }
    }
    guard isAdded else { throw .refused(MongoFailure(error).message) }
  }

  /// Deletes all that any of the filters finds.
  func delete(_ filters: [BSONDocument], from collection: String) throws(MongoFailure) {
    let reply = try command([
      "delete": .string(collection),
      "deletes": .array(
        filters.map { .document(["q": .document($0), "limit": .integer(0)]) }),
    ])
    guard let fault = reply.documents("writeErrors")?.first else { return }
    throw MongoFailure(
      serverCode: fault.integer("code") ?? 0, fault.string("errmsg") ?? "a deletion has failed")
  }

  /// The texts that a field has in documents that the filter finds.
  func distinct(
    _ field: String, of collection: String, _ filter: BSONDocument
  ) throws(MongoFailure) -> [String] {
    let command = try NativeDocument([
      "distinct": .string(collection), "key": .string(field), "query": .document(filter),
    ])
    var error = millrace_mongo_error()
    let reply = command.lend { millrace_mongo_read(client, database, $0, &error) }
    guard let reply else { throw MongoFailure(error).ofReading }
    defer { millrace_bson_destroy(reply) }
    return BSONDocument(native: reply).strings("values") ?? []
  }

  /// Asks the server whether it is there.
  func ping() throws(MongoFailure) {
    var error = millrace_mongo_error()
    guard millrace_mongo_ping(client, database, &error) else { throw MongoFailure(error) }
  }

  /// Runs a command of administration.
  @discardableResult
  func command(_ command: BSONDocument) throws(MongoFailure) -> BSONDocument {
    let sent = try NativeDocument(command)
    let options = try NativeDocument(["writeConcern": .document(concern)])
    var error = millrace_mongo_error()
    let reply = sent.lend { sent in
      options.lend { millrace_mongo_command(client, database, sent, $0, &error) }
    }
    guard let reply else { throw MongoFailure(error) }
    defer { millrace_bson_destroy(reply) }
    return BSONDocument(native: reply)
  }

  /// The indexes of a collection; none when there is no such collection.
  func indexes(of name: String) throws(MongoFailure) -> [BSONDocument] {
    guard let cursor = millrace_mongo_indexes(client, database, name) else {
      throw .unavailable("there is no memory for a cursor")
    }
    defer { millrace_mongo_cursor_destroy(cursor) }
    var indexes: [BSONDocument] = []
    while let found = millrace_mongo_next(cursor) { indexes.append(BSONDocument(native: found)) }
    var error = millrace_mongo_error()
    // NamespaceNotFound
    if millrace_mongo_has_failed(cursor, &error), error.code != 26 { throw MongoFailure(error) }
    return indexes
  }

  private var concern: BSONDocument {
    [
      "w": .string("majority"), "j": .boolean(true),
      "wtimeout": .integer(Int64(configuration.majorityWithin.wholeMilliseconds)),
    ]
  }
}
