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
    /// The index that serves it, by name.
    var index: String
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
      "limit": .integer(Int64(find.limit)), "hint": .string(find.index),
      "batchSize": .integer(Int64(min(find.batch, find.limit))),
    ]
    options.append("sort", find.sort.map { .document($0) })
    options.append("maxTimeMS", find.within.map { .integer(Int64($0.wholeMilliseconds)) })
    let collection = try collection(find.collection)
    defer { mongoc_collection_destroy(collection) }
    let filter = try NativeDocument(find.filter)
    let chosen = try NativeDocument(options)
    let cursor = filter.lend { filter in
      chosen.lend { mongoc_collection_find_with_opts(collection, filter, $0, nil) }
    }
    guard let cursor else { throw .unavailable("there is no memory for a cursor") }
    defer { mongoc_cursor_destroy(cursor) }
    var found: OpaquePointer?
    while mongoc_cursor_next(cursor, &found) {
      guard let found, take(BSONDocument(native: found)) else { return }
    }
    var error = bson_error_t()
    if mongoc_cursor_error(cursor, &error) { throw MongoFailure(error).ofReading }
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
    let collection = try collection(name)
    defer { mongoc_collection_destroy(collection) }
    let options = try NativeDocument([
      "ordered": .boolean(false), "writeConcern": .document(concern),
    ])
    let bulk = options.lend { mongoc_collection_create_bulk_operation_with_opts(collection, $0) }
    guard let bulk else { throw .unavailable("there is no memory for a write") }
    defer { mongoc_bulk_operation_destroy(bulk) }
    let upsert = try NativeDocument(["upsert": .boolean(true)])
    for write in writes { try add(write, upsert, to: bulk) }
    var server: UInt32 = 0
    var error = bson_error_t()
    guard let reply = millrace_mongo_execute(bulk, &server, &error) else {
      throw .outcomeUnknown("there is no memory for an answer")
    }
    defer { bson_destroy(reply) }
    let answer = BSONDocument(native: reply)
    let isJudged =
      !(answer.documents("writeErrors") ?? []).isEmpty
      || !(answer.documents("writeConcernErrors") ?? []).isEmpty
    guard server != 0 || isJudged else { throw MongoFailure(error) }
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
    var error = bson_error_t()
    let isReplacing = write.number != nil
    let isAdded = found.lend { found in
      changed.lend { changed in
        upsert.lend { upsert in
          isReplacing
            ? mongoc_bulk_operation_replace_one_with_opts(bulk, found, changed, upsert, &error)
            : mongoc_bulk_operation_update_one_with_opts(bulk, found, changed, upsert, &error)
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
    var error = bson_error_t()
    let reply = command.lend { millrace_mongo_read(client, database, $0, &error) }
    guard let reply else { throw MongoFailure(error).ofReading }
    defer { bson_destroy(reply) }
    return BSONDocument(native: reply).strings("values") ?? []
  }

  /// Asks the server whether it is there.
  func ping() throws(MongoFailure) {
    let command = try NativeDocument(["ping": .integer(1)])
    var error = bson_error_t()
    let isThere = command.lend {
      mongoc_client_command_simple(client, database, $0, nil, nil, &error)
    }
    guard isThere else { throw MongoFailure(error) }
  }

  /// Runs a command of administration.
  @discardableResult
  func command(_ command: BSONDocument) throws(MongoFailure) -> BSONDocument {
    let sent = try NativeDocument(command)
    let options = try NativeDocument(["writeConcern": .document(concern)])
    var error = bson_error_t()
    let reply = sent.lend { sent in
      options.lend { millrace_mongo_command(client, database, sent, $0, &error) }
    }
    guard let reply else { throw MongoFailure(error) }
    defer { bson_destroy(reply) }
    return BSONDocument(native: reply)
  }

  /// The indexes of a collection; none when there is no such collection.
  func indexes(of name: String) throws(MongoFailure) -> [BSONDocument] {
    let collection = try collection(name)
    defer { mongoc_collection_destroy(collection) }
    guard let cursor = mongoc_collection_find_indexes_with_opts(collection, nil) else {
      throw .unavailable("there is no memory for a cursor")
    }
    defer { mongoc_cursor_destroy(cursor) }
    var found: OpaquePointer?
    var indexes: [BSONDocument] = []
    while mongoc_cursor_next(cursor, &found) {
      if let found { indexes.append(BSONDocument(native: found)) }
    }
    var error = bson_error_t()
    // NamespaceNotFound
    if mongoc_cursor_error(cursor, &error), error.code != 26 { throw MongoFailure(error) }
    return indexes
  }

  private var concern: BSONDocument {
    [
      "w": .string("majority"), "j": .boolean(true),
      "wtimeout": .integer(Int64(configuration.majorityWithin.wholeMilliseconds)),
    ]
  }

  private func collection(_ name: String) throws(MongoFailure) -> OpaquePointer {
    guard let collection = mongoc_client_get_collection(client, database, name) else {
      throw .unavailable("there is no memory for a collection")
    }
    return collection
  }
}
