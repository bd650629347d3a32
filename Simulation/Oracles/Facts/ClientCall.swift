public import Domain

/// A request as its client means it.
public struct ClientCall: Sendable {
  public enum Intent: Hashable, Sendable {
    /// To start a run of a workflow.
    case start(workflow: String)
    case get(run: String)
    case cancel(run: String)
    case kill(run: String)
    case pause(run: String)
    case resume(run: String)
    case rerun(run: String)
    /// To keep a file; its content by its hash.
    case upload(path: String, content: String)
    /// To get a file whole; the answer's body is the hash of what came.
    case download(path: String)
    /// To take a file away, whatever comes of it.
    case remove(path: String)
    /// Something that no invariant looks at by itself.
    case other(String)
  }

  /// Unique in the world, in the order of first tries.
  public var number: Int
  public var client: String
  public var intent: Intent
  public var method: String
  public var path: String
  /// Which namespace it concerns.
  public var namespace: String
  /// Of a request that is repeated until it is known what became of it.
  public var idempotencyKey: String?
  /// Whether its sender has the right to it.
  public var isAllowed = true

  public init(
    number: Int, client: String, intent: Intent, method: String, path: String,
    namespace: String = "default", idempotencyKey: String? = nil
  ) {
    self.number = number
    self.client = client
    self.intent = intent
    self.method = method
    self.path = path
    self.namespace = namespace
    self.idempotencyKey = idempotencyKey
  }
}

/// What a client learned of a request: the third answer is that nobody knows.
public enum ClientAnswer: Sendable {
  case answered(status: Int, body: Value, requestID: String)
  /// Carried out or not: the connection was lost, or the time was over.
  case unknown
}
