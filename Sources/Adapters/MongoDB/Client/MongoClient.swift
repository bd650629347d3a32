internal import CMongoDB
internal import Domain
internal import SystemAdapter

/// Connections to a server or a set of them, each used by one thread at a time. The library blocks;
/// threads of its own wait for it.
final class MongoClient: Sendable {
  let configuration: MongoDBConfiguration
  private let connections: Connections
  private let threads: BlockingPool

  /// Connects with the first call.
  ///
  /// - Throws: `.refused` for a connection string that makes no sense.
  init(_ configuration: MongoDBConfiguration) throws(MongoFailure) {
    guard configuration.connectionsMax > 0 else {
      throw .refused("a client of MongoDB needs a connection")
    }
    self.configuration = configuration
    connections = try Connections(configuration)
    threads = BlockingPool(
      name: "mongodb", threads: configuration.connectionsMax,
      waitingMax: configuration.waitingMax)
  }

  /// Runs `work` on a connection. A call that has begun runs to its end, cancelled or not; the
  /// time-outs of the configuration bound it.
  func run<Answer: Sendable>(
    _ work: @escaping @Sendable (borrowing MongoSession) throws(MongoFailure) -> Answer
  ) async throws(MongoFailure) -> Answer {
    let connections = connections
    let result: Result<Answer, MongoFailure>
    do throws(BlockingPool.Refusal) {
      result = try await threads.run { () -> Result<Answer, MongoFailure> in
        do throws(MongoFailure) {
          return .success(try connections.lend(work))
        } catch {
          return .failure(error)
        }
      }
    } catch {
      switch error {
      case .full: throw .unavailable("too many calls wait for MongoDB: slow down and try again")
      case .stopped: throw .unavailable("the client of MongoDB is closed")
      }
    }
    return try result.get()
  }

  /// Refuses new calls and returns once those under way have ended.
  func close() async {
    let threads = threads
    await withCheckedContinuation { (waiter: CheckedContinuation<Void, Never>) in
      do throws(OwnThread.Refused) {
        // Stopping waits for the threads.
        try OwnThread("mongodb-end") {
          threads.stop()
          waiter.resume()
        }.detach()
      } catch {
        threads.stop()
        waiter.resume()
      }
    }
  }
}

/// The library's pool.
private final class Connections: @unchecked Sendable {
  private let pool: OpaquePointer
  private let configuration: MongoDBConfiguration
  private let database: String

  /// Once for the process.
  private static let isLoaded: Bool = {
    millrace_mongo_be_quiet()
    mongoc_init()
    return true
  }()

  init(_ configuration: MongoDBConfiguration) throws(MongoFailure) {
    self.configuration = configuration
    _ = Connections.isLoaded
    var error = bson_error_t()
    guard let uri = mongoc_uri_new_with_error(configuration.uri, &error) else {
      throw .refused(
        "the connection string of MongoDB makes no sense: \(MongoFailure(error).message)")
    }
    defer { mongoc_uri_destroy(uri) }
    database = mongoc_uri_get_database(uri).map { String(cString: $0) } ?? configuration.database
    let lengths = [
      ("connectTimeoutMS", configuration.connectWithin),
      ("serverSelectionTimeoutMS", configuration.selectWithin),
      ("socketTimeoutMS", configuration.answerWithin),
    ]
    for (name, length) in lengths where !mongoc_uri_has_option(uri, name) {
      mongoc_uri_set_option_as_int32(uri, name, Int32(clamping: length.wholeMilliseconds))
    }
    mongoc_uri_set_option_as_int32(
      uri, "maxPoolSize", Int32(clamping: configuration.connectionsMax))
    if mongoc_uri_get_appname(uri) == nil { mongoc_uri_set_appname(uri, "millrace") }
    guard let pool = mongoc_client_pool_new_with_error(uri, &error) else {
      throw .refused("MongoDB cannot be used as it is named: \(MongoFailure(error).message)")
    }
    mongoc_client_pool_set_error_api(pool, 2)
    self.pool = pool
  }

  deinit { mongoc_client_pool_destroy(pool) }

  func lend<Answer>(
    _ work: (borrowing MongoSession) throws(MongoFailure) -> Answer
  ) throws(MongoFailure) -> Answer {
    // There are as many threads as connections, so that this does not wait.
    guard let client = mongoc_client_pool_pop(pool) else {
      throw .unavailable("there is no connection")
    }
    defer { mongoc_client_pool_push(pool, client) }
    return try work(MongoSession(client, database: database, configuration))
  }
}
