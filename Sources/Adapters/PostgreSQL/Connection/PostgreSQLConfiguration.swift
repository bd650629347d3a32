internal import Domain

/// Where a database is, and the limits of its use. Validated once at start.
public struct PostgreSQLConfiguration: Sendable {
  /// A connection string or URI as libpq reads it, TLS settings included: `sslmode=verify-full`.
  public var connection: String
  /// Holds the tables; one for each service, so that one server or seven can hold them.
  public var schema: String
  public var connectionsMax = 4
  /// Exchanges on one connection that have not been answered; more wait for a free place.
  public var inFlightMax = 64
  /// Exchanges that wait for a connection. Beyond that a call is answered `.unavailable`.
  public var waitingMax = 10_000
  public var connectWithin: Duration = .seconds(5)
  /// How long a call may take from its beginning to its answer, a wait for a connection included.
  public var answerWithin: Duration = .seconds(10)
  /// How long a call waits for a connection at most, however long its answer may take.
  public var reachWithin: Duration = .seconds(10)
  /// How long a commit waits for a row that another one holds. It also ends a circle of commits
  /// that wait for each other, unless the server finds it before (`deadlock_timeout`, which only an
  /// administrator may set).
  public var lockWithin: Duration = .seconds(1)
  /// Between two tries to connect.
  public var reconnectEvery: Duration = .milliseconds(200)
  /// Bytes of bodies in one page of a query, about.
  public var pageBytesMax = 4 << 20

  public init(connection: String, schema: String) {
    self.connection = connection
    self.schema = schema
  }

  /// The same database with the patience that statements need which make tables: they wait for
  /// whoever makes the same, and for commits under way.
  public var forMigrations: PostgreSQLConfiguration {
    var patient = self
    patient.connectionsMax = 1
    patient.lockWithin = .seconds(60)
    patient.answerWithin = .seconds(600)
    return patient
  }

  /// Settings of every session. Plans are made once and use indexes: all statements go by keys, one
  /// after the other. A page that is found by an index counts for little, so that no plan goes
  /// through a whole index instead, whatever statistics there are.
  var sessionOptions: String {
    let lock = lockWithin.wholeMilliseconds
    let answer = answerWithin.wholeMilliseconds
    return [
      "search_path=\(schema)", "lock_timeout=\(lock)", "statement_timeout=\(answer)",
      "plan_cache_mode=force_generic_plan",
      "enable_hashjoin=off", "enable_mergejoin=off", "enable_seqscan=off",
      "enable_bitmapscan=off", "enable_sort=off", "enable_incremental_sort=off",
      "enable_material=off", "enable_memoize=off", "random_page_cost=0.01", "jit=off",
      "default_transaction_isolation=read\\ committed",
    ].map { "-c \($0)" }.joined(separator: " ")
  }
}
