internal import Domain
internal import Ports
internal import ServiceKit

/// Routes about history.
struct JobRoutes: Sendable {
  let ports: MetadataPorts

  var all: [Route] {
    [
      Route(
        "GET", "/v1/jobs", .allowed(.runRead),
        parameters: [
          "namespace", "workflow", "state", "label.", "since", "before", "filter", "limit",
          "cursor",
        ], list),
      Route("GET", "/v1/jobs/{run}", .allowed(.runRead, in: .content), get),
      Route(
        "GET", "/v1/jobs/{run}/tasks", .allowed(.runRead, in: .content),
        parameters: ["limit", "cursor"], tasks),
    ]
  }

  private func list(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let limit = try request.number("limit", default: 50, in: 1...200)
    var workflow: WorkflowName?
    if let name = request.query["workflow"] {
      guard let known = WorkflowName(name) else {
        throw Problem.parameter("workflow", "is not \(Slug.rule)")
      }
      workflow = known
    }
    let state = request.query["state"]
    if let state, !JobRoutes.states.contains(state) {
      throw Problem.parameter(
        "state", "is '\(state)'; states are \(JobRoutes.states.joined(separator: ", "))")
    }
    var filter = JobFilter(
      namespace: try request.namespace(), workflow: workflow, state: state,
      labels: request.labels, since: try request.moment("since"),
      before: try request.moment("before"))
    if let text = request.query["filter"] {
      filter = filter.narrowed(by: try condition(text))
    }
    let text = "jobs\n" + request.filterText
    let cursor = try request.cursor(text, ports.seal)?.place.first
    do throws(ArchiveError) {
      let page = try await ports.archive.jobs(filter, limit: limit, cursor: cursor)
      return .page(
        page.jobs.map(\.value), next: page.next.map { ListCursor(place: [$0]) }, text, ports.seal)
    } catch {
      throw Problem(error)
    }
  }

  /// Lengths of time count from now, which moves from page to page: what falls out of a filter
  /// meanwhile is not shown any more.
  private func condition(_ text: String) throws(Problem) -> SearchCondition {
    do throws(SearchFault) {
      return try SearchParser.parse(
        text, now: ports.context.time.now(), states: JobRoutes.states)
    } catch {
      throw Problem(
        400, "bad-filter", "the filter, column \(error.column): \(error.message)",
        items: [
          Problem.Item(
            pointer: "filter", code: "bad-filter", detail: error.message, hint: error.hint,
            position: SourcePosition(line: 1, column: error.column))
        ])
    }
  }

  private static let states =
    ["queued", "running", "cancelling"] + RunOutcome.allCases.map(\.rawValue) + ["quarantined"]

  private func get(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    .json(try await job(request).value)
  }

  private func job(_ request: RouteRequest) async throws(Problem) -> JobDocument {
    let text = request.segment("run")
    guard let id = RunID(text: text) else { throw Problem.notFound("run \(text)") }
    let job: JobDocument?
    do throws(ArchiveError) {
      job = try await ports.archive.job(id)
    } catch {
      throw Problem(error)
    }
    guard let job else { throw Problem.notFound("run \(text)") }
    try request.authorize(in: job.namespace, missing: "run \(text)")
    return job
  }

  private func tasks(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let job = try await job(request)
    let limit = try request.number("limit", default: 50, in: 1...200)
    let text = "job-tasks\n\(job.run)"
    let after = try request.cursor(text, ports.seal)?.place.first.flatMap { TaskKey(text: $0) }
    do throws(ArchiveError) {
      let tasks = try await ports.archive.tasks(of: job.run, after: after, limit: limit)
      let last = tasks.count == limit ? tasks.last?.task.description : nil
      return .page(
        tasks.map(\.value), next: last.map { ListCursor(place: [$0]) }, text, ports.seal)
    } catch {
      throw Problem(error)
    }
  }
}

extension Problem {
  init(_ error: ArchiveError) {
    switch error {
    case .refused(let why): self.init(400, "refused", why)
    case .outcomeUnknown, .unavailable: self = .unavailable("the archive does not answer")
    }
  }
}

extension JobDocument {
  var value: Value {
    .record([
      ("id", .string(run.text)), ("namespace", .string(namespace.text)),
      ("workflow", .string(workflow.text)), ("version", .string(version.text)),
      ("state", .string(state)), ("reason", .reason(reason)), ("labels", .labels(labels)),
      ("createdAt", .time(createdAt)), ("startedAt", .time(startedAt)),
      ("endedAt", .time(endedAt)), ("wait", .length(from: createdAt, to: startedAt)),
      ("took", .length(from: startedAt, to: endedAt)),
      ("tasks", .object(counts.mapValues { .integer(Int64($0)) })),
    ])
  }
}

extension TaskDocument {
  var value: Value {
    .record([
      ("task", .string(task.description)), ("state", .string(state)), ("reason", .reason(reason)),
      ("attempts", .array(attempts.map(\.value))),
      ("outputs", outputs.isEmpty ? .null : .object(outputs)),
    ])
  }
}

extension TaskDocument.Attempt {
  var value: Value {
    .record([
      ("attempt", .integer(Int64(fence.number))), ("state", .string(state)),
      ("worker", .text(worker.isEmpty ? nil : worker)), ("queuedAt", .time(queuedAt)),
      ("startedAt", .time(startedAt)), ("endedAt", .time(endedAt)),
      ("wait", .length(from: queuedAt, to: startedAt)),
      ("took", .length(from: startedAt, to: endedAt)),
      ("exitCode", exitCode.map { .integer(Int64($0)) } ?? .null), ("reason", .reason(reason)),
      ("processorTime", usage.map { .integer($0.processorTime.wholeMilliseconds) } ?? .null),
      ("memoryPeak", usage.map { .integer($0.memoryPeakBytes) } ?? .null),
    ])
  }
}

extension Value {
  /// The milliseconds between two instants; null unless both are known.
  static func length(from start: Moment?, to end: Moment?) -> Value {
    guard let start, let end else { return .null }
    return .integer((end - start).wholeMilliseconds)
  }
}
