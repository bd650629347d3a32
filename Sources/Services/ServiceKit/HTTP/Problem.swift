public import Domain
public import Ports

/// What went wrong with a request, said so that its sender can mend it: a problem document of
/// RFC 9457 with a stable `code`, the request's id and, where the request itself is wrong, every
/// finding.
public struct Problem: Error, Hashable, Sendable {
  /// One thing that is wrong with a request or with a document in it.
  public struct Item: Hashable, Sendable {
    /// Where, as a JSON pointer (RFC 6901) or the name of a parameter.
    public var pointer: String
    public var code: String
    public var detail: String
    public var hint: String
    public var position: SourcePosition?

    public init(
      pointer: String, code: String, detail: String, hint: String = "",
      position: SourcePosition? = nil
    ) {
      self.pointer = pointer
      self.code = code
      self.detail = detail
      self.hint = hint
      self.position = position
    }
  }

  public var status: Int
  public var code: String
  public var detail: String
  public var items: [Item]
  /// Header fields that belong to the answer, such as `Allow` or `Retry-After`.
  public var fields: [HTTPField]

  public init(
    _ status: Int, _ code: String, _ detail: String, items: [Item] = [], fields: [HTTPField] = []
  ) {
    self.status = status
    self.code = code
    self.detail = detail
    self.items = items
    self.fields = fields
  }

  public func response(requestID: String) -> HTTPResponse {
    var members: [(String, Value)] = [
      ("type", .string("https://millrace.dev/problems/\(code)")),
      ("title", .string(Problem.title(of: status))), ("status", .integer(Int64(status))),
      ("code", .string(code)), ("detail", .string(detail)), ("requestId", .string(requestID)),
    ]
    if !items.isEmpty { members.append(("errors", .array(items.map(\.value)))) }
    return HTTPResponse(
      status: status,
      fields: HTTPFields([HTTPField("Content-Type", "application/problem+json")] + fields),
      body: .bytes(Array(Value.object(SortedMap(members)).json.utf8)))
  }

  private static func title(of status: Int) -> String {
    switch status {
    case 400: "Bad request"
    case 401: "Not signed in"
    case 403: "Not allowed"
    case 404: "Not found"
    case 405: "Method not allowed"
    case 406: "Not acceptable"
    case 408: "Too slow"
    case 409: "Conflict"
    case 410: "Gone"
    case 412: "Precondition failed"
    case 413: "Too large"
    case 415: "Unsupported media type"
    case 422: "Not valid"
    case 428: "Precondition required"
    case 429: "Too many requests"
    case 503: "Not available now"
    default: "Internal error"
    }
  }
}

extension Problem.Item {
  var value: Value {
    var members: [(String, Value)] = [
      ("pointer", .string(pointer)), ("code", .string(code)), ("detail", .string(detail)),
    ]
    if !hint.isEmpty { members.append(("hint", .string(hint))) }
    if let position {
      members.append(("line", .integer(Int64(position.line))))
      members.append(("column", .integer(Int64(position.column))))
    }
    return .object(SortedMap(members))
  }
}

extension Problem {
  public static func notFound(_ what: String) -> Problem {
    Problem(404, "not-found", "\(what) does not exist")
  }

  /// Nothing was done, or nobody knows: the same request may be sent again.
  public static func unavailable(_ why: String) -> Problem {
    Problem(
      503, "unavailable", why + "; send the same request again",
      fields: [HTTPField("Retry-After", "1")])
  }

  /// The table from a store's errors to public codes.
  public init(_ error: StoreError) {
    switch error {
    case .conflict:
      self.init(409, "conflict", "somebody else changed it meanwhile; read it and try again")
    case .outcomeUnknown:
      self = .unavailable("it is not known whether this took effect")
    case .unavailable:
      self = .unavailable("the store does not answer")
    case .refused(let why):
      self.init(422, "refused", why)
    }
  }

  /// The table from a remote call's status to public codes.
  public init(_ error: RPCError) {
    switch error.code {
    case .notFound: self.init(404, "not-found", error.message)
    case .invalidArgument, .outOfRange: self.init(400, "invalid", error.message)
    case .permissionDenied: self.init(403, "forbidden", error.message)
    case .failedPrecondition, .aborted, .alreadyExists: self.init(409, "conflict", error.message)
    case .cancelled, .unknown, .deadlineExceeded, .resourceExhausted, .unimplemented, .internal,
      .unavailable, .dataLoss, .unauthenticated:
      self = .unavailable(error.message)
    }
  }
}
