internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire
internal import WorkflowCore

/// Routes about runs.
struct RunRoutes: Sendable {
  let ports: WorkflowPorts
  let desk: RunDesk

  var all: [Route] {
    [
      Route(
        "POST", "/v1/runs", .allowed(.runStart, in: .content), parameters: ["wait"], start),
      Route(
        "GET", "/v1/runs", .allowed(.runRead),
        parameters: [
          "namespace", "workflow", "state", "label.", "since", "before", "limit", "cursor",
        ], list),
      Route("GET", "/v1/runs/{run}", .allowed(.runRead, in: .content), parameters: ["wait"], get)
        .steady,
      Route(
        "GET", "/v1/runs/{run}/tasks", .allowed(.runRead, in: .content),
        parameters: ["limit", "cursor"], tasks),
      Route("GET", "/v1/runs/{run}/explain", .allowed(.runRead, in: .content), explain),
      Route("GET", "/v1/runs/{run}/events", .allowed(.runRead, in: .content), events).steady,
    ] + commands + reruns
  }

  // MARK: Start

  private func start(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let wait = try waitLength(request)
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let principal = request.principal
    let order = try RouteRequest.read(bytes) { RunDesk.Order(&$0, principal: principal) }
    try request.authorize(in: order.namespace)
    let key = try idempotencyKey(request, "POST /v1/runs", order.namespace, bytes)
    let started = try await desk.start(order, key: key)
    var document = started.document
    if let wait, let id = RunID(text: started.run) {
      document = try await follow(try await desk.request(id), for: wait)
    }
    return .json(
      document, status: 202, fields: [HTTPField("Location", "/v1/runs/\(started.run)")])
  }

  func idempotencyKey(
    _ request: RouteRequest, _ route: String, _ namespace: NamespaceName, _ body: [UInt8]
  ) throws(Problem) -> IdempotencyKey? {
    let sent = request.http.fields.all("idempotency-key")
    guard let first = sent.first else { return nil }
    // A string of RFC 8941 stands in quotes; bare words are what most people send.
    let isQuoted = first.utf8.count >= 2 && first.hasPrefix("\"") && first.hasSuffix("\"")
    let key = String(isQuoted ? first.dropFirst().dropLast() : first[...])
    guard sent.count == 1, !key.isEmpty, key.utf8.count <= Idempotency.keyBytesMax,
      key.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\"") })
    else {
      throw Problem(
        400, "bad-idempotency-key",
        "Idempotency-Key takes one value of 1 to \(Idempotency.keyBytesMax) visible "
          + "ASCII characters without quotes"
      )
    }
    return IdempotencyKey(
      namespace: namespace, principal: request.principal.id, route: route, key: key,
      requestDigest: ports.digest.hexadecimal(of: RunRoutes.canonical(body)))
  }

  /// The same for every spelling of the same request. The body was read before, and so it is JSON.
  private static func canonical(_ body: [UInt8]) -> [UInt8] {
    (try? Value(json: body)).map { Array($0.json.utf8) } ?? body
  }

  // MARK: Look

  func run(_ request: RouteRequest) async throws(Problem) -> RunRequestRecord {
    try await run(request.segment("run"), for: request)
  }

  /// The request of a run that the principal may do to what the route allows.
  func run(
    _ text: String, for request: RouteRequest
  ) async throws(Problem) -> RunRequestRecord {
    guard let id = RunID(text: text) else { throw Problem.notFound("run \(text.prefix(80))") }
    let row = try await desk.request(id)
    guard let namespace = NamespaceName(row.namespace) else { throw Problem.notFound("run \(id)") }
    try request.authorize(in: namespace, missing: "run \(id)")
    return row
  }

  private func get(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let wait = try waitLength(request)
    let row = try await run(request)
    if let wait { return .json(try await follow(row, for: wait)) }
    return .json(try await desk.document(row))
  }

  private func waitLength(_ request: RouteRequest) throws(Problem) -> Duration? {
    guard let text = request.query["wait"] else { return nil }
    guard let length = DurationText.duration(text),
      length <= ports.configuration.waitMax
    else {
      throw Problem.parameter(
        "wait",
        "is '\(text)'; it takes a duration such as 30s, at most "
          + DurationText.text(of: ports.configuration.waitMax))
    }
    return length
  }

  /// Looks until the run has ended or the time is over. What it saw last is the answer, ended or
  /// not.
  private func follow(_ row: RunRequestRecord, for length: Duration) async throws(Problem) -> Value
  {
    let time = ports.context.time
    let until = time.uptime() + length
    var pause: Duration = .milliseconds(10)
    while true {
      let document = try await desk.document(row)
      let left = until - time.uptime()
      if RunDocument.isFinal(document) || left <= .zero { return document }
      do throws(CancellationError) {
        try await time.sleep(for: min(pause, left))
      } catch {
        return document
      }
      pause = min(pause * 2, ports.configuration.lookEvery)
    }
  }

  private func tasks(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let row = try await run(request)
    let limit = try request.number("limit", default: 50, in: 1...200)
    let filter = "tasks\n\(row.run)"
    let after = try request.cursor(filter, ports.seal)?.place.first ?? ""
    let page = try await desk.tasks(row.run, after: after, limit: limit)
    return .page(
      page.tasks.map(RunDocument.of),
      next: page.next.isEmpty ? nil : ListCursor(place: [page.next]), filter, ports.seal)
  }

  /// Newest first. States are the scheduler's, so that a filter by state looks at a bounded number
  /// of runs, a page of them at a time, and may give short pages.
  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let filter = try RunFilter(request)
    let limit = try request.number("limit", default: 50, in: 1...200)
    var after = try request.cursor(filter.text, ports.seal).flatMap(RunFilter.cursor)
    var items: [Value] = []
    var scanned = 0
    var isMore = true
    while items.count < limit, isMore, scanned < ports.configuration.rowsScannedMax {
      let page: (records: [Versioned<RunRequestRecord>], next: RecordCursor?)
      do throws(StoreError) {
        page = try await ports.store.query(
          WorkflowTables.requests, filter.query(after: after, limit: limit))
      } catch {
        throw Problem(error)
      }
      scanned += page.records.count
      isMore = page.next != nil
      after = page.next ?? after
      let rows = page.records.map(\.record).filter(filter.passes)
      let passed = zip(rows, try await desk.documents(rows)).filter { filter.passes($0.1) }
      let taken = passed.prefix(limit - items.count)
      items += taken.map(\.1)
      if taken.count < passed.count, let last = taken.last?.0 {
        after = filter.place(of: last)
        isMore = true
      }
    }
    return .page(items, next: isMore ? after.map(RunFilter.place) : nil, filter.text, ports.seal)
  }

  // MARK: Explain

  /// Why the run and every task of it that is neither running nor succeeded is as it is.
  private func explain(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let row = try await run(request)
    var explained: [Value] = []
    var after = ""
    repeat {
      let page = try await desk.tasks(row.run, after: after, limit: 1_000)
      for task in page.tasks where task.state != "succeeded" && task.state != "running" {
        explained.append(RunDocument.of(task))
      }
      after = page.next
    } while !after.isEmpty && explained.count < RunRoutes.explainedMax
    return .json(
      .record([
        ("run", try await desk.document(row)),
        ("tasks", .array(Array(explained.prefix(RunRoutes.explainedMax)))),
        ("isComplete", .boolean(after.isEmpty)),
      ]))
  }

  static let explainedMax = 1_000

  // MARK: Follow

  /// The run and its tasks as they change, until the run has ended.
  private func events(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let row = try await run(request)
    let watcher = RunWatcher(desk: desk, ports: ports, request: row)
    return .events { writer in try await watcher.write(to: writer) }
  }
}

/// Which runs a list shows.
struct RunFilter {
  private let namespace: NamespaceName
  private let workflow: WorkflowName?
  private let state: String?
  private let labels: SortedMap<String, String>
  private let since: Moment?
  private let before: Moment?
  /// The filter as text: a cursor is good for the same one only.
  let text: String

  init(_ request: RouteRequest) throws(Problem) {
    namespace = try request.namespace()
    if let name = request.query["workflow"] {
      guard let workflow = WorkflowName(name) else {
        throw Problem.parameter("workflow", "is not \(Slug.rule)")
      }
      self.workflow = workflow
    } else {
      workflow = nil
    }
    state = request.query["state"]
    let states = ["queued", "running", "paused", "cancelling"] + RunDocument.finalStates
    if let state, !states.contains(state) {
      throw Problem.parameter(
        "state", "is '\(state)'; states are \(states.joined(separator: ", "))")
    }
    labels = request.labels
    since = try request.moment("since")
    before = try request.moment("before")
    text = "runs\n" + request.filterText
  }

  func query(after: RecordCursor?, limit: Int) -> RecordQuery {
    var prefix: [RecordValue] = [.text(namespace.text)]
    if let workflow { prefix.append(.text(workflow.text)) }
    return RecordQuery(
      table: WorkflowTables.requests.name,
      index: workflow == nil ? "newest" : "newest_of_workflow", prefix: prefix,
      lower: since.map { .including(.integer($0.microseconds)) },
      upper: before.map { .excluding(.integer($0.microseconds)) }, isDescending: true,
      limit: limit, after: after)
  }

  func passes(_ record: RunRequestRecord) -> Bool {
    labels.allSatisfy { record.labels[$0.key] == $0.value }
  }

  func passes(_ document: Value) -> Bool {
    guard let state else { return true }
    return document["state"] == .string(state)
  }

  /// Where a row stands in the index that this filter looks along.
  func place(of record: RunRequestRecord) -> RecordCursor {
    var values: [RecordValue] = [.text(record.namespace)]
    if workflow != nil { values.append(.text(record.workflow)) }
    return RecordCursor(values: values + [.integer(record.createdAtUs), .text(record.run)])
  }

  static func place(_ cursor: RecordCursor) -> ListCursor {
    ListCursor(
      place: cursor.values.map { value in
        switch value {
        case .integer(let number): "i\(number)"
        case .text(let text): "t\(text)"
        case .null, .bytes: "n"
        }
      })
  }

  static func cursor(_ cursor: ListCursor) -> RecordCursor? {
    var values: [RecordValue] = []
    for part in cursor.place {
      let rest = String(part.dropFirst())
      switch part.first {
      case "i":
        guard let number = Int64(rest) else { return nil }
        values.append(.integer(number))
      case "t": values.append(.text(rest))
      default: values.append(.null)
      }
    }
    return RecordCursor(values: values)
  }
}

extension RunDesk.Order {
  /// What a client asks for; what is wrong with it is noted in the body.
  init?(_ body: inout JSONObject, principal: Principal) {
    let workflow = body.parsed("workflow", wanted: Slug.rule) { WorkflowName($0) }
    let namespace = body.parsed("namespace", .optional, wanted: Slug.rule) { NamespaceName($0) }
    let version = body.string("version", .optional, bytesMax: Slug.lengthMax)
    let inputs = body.values("inputs", .optional)
    let labels = body.texts("labels", .optional)
    let priority = body.word("priority", .optional, as: Priority.self)
    guard let workflow, !body.hasFindings else { return nil }
    self.init(
      namespace: namespace ?? .default, workflow: workflow,
      version: version.map { VersionID($0) }, inputs: inputs ?? [:], labels: labels ?? [:],
      principal: principal, priority: priority)
  }
}
