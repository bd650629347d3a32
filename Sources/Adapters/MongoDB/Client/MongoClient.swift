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
  func close() async { await threads.end() }
}

/// The library's pool.
private final class Connections: @unchecked Sendable {
  private let pool: OpaquePointer
  private let configuration: MongoDBConfiguration
  private let database: String

  init(_ configuration: MongoDBConfiguration) throws(MongoFailure) {
    self.configuration = configuration
    if let why = millrace_mongo_load() { throw .refused(String(cString: why)) }
    let limits = millrace_mongo_limits(
      connect_ms: Int32(clamping: configuration.connectWithin.wholeMilliseconds),
      select_ms: Int32(clamping: configuration.selectWithin.wholeMilliseconds),
      answer_ms: Int32(clamping: configuration.answerWithin.wholeMilliseconds),
      connections_max: Int32(clamping: configuration.connectionsMax))
    // Names of databases have at most 63 bytes.
    var named = [CChar](repeating: 0, count: 64)
    var error = millrace_mongo_error()
    guard
      let pool = millrace_mongo_pool_new(configuration.uri, limits, &named, named.count, &error)
    else {
      throw .refused(
        "the connection string of MongoDB makes no sense: \(MongoFailure(error).message)")
    }
    self.pool = pool
    let name = String(
      decoding: named.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    database = name.isEmpty ? configuration.database : name
  }

  deinit { millrace_mongo_pool_destroy(pool) }

  func lend<Answer>(
    _ work: (borrowing MongoSession) throws(MongoFailure) -> Answer
  ) throws(MongoFailure) -> Answer {
    // There are as many threads as connections, so that this does not wait.
    guard let client = millrace_mongo_pop(pool) else {
      throw .unavailable("there is no connection")
    }
    defer { millrace_mongo_push(pool, client) }
    return try work(MongoSession(client, database: database, configuration))
  }
}
