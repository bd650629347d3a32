internal import Domain
internal import MetadataCore
internal import Ports
internal import ServiceKit

/// The route about what runs of a workflow usually come to.
struct SummaryRoutes: Sendable {
  let ports: MetadataPorts

  var all: [Route] {
    [
      Route(
        "GET", "/v1/workflows/{namespace}/{workflow}/summary", .allowed(.runRead),
        parameters: ["since", "before", "runs"], summary)
    ]
  }

  private func summary(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let namespace = try request.namespace()
    guard let workflow = WorkflowName(request.segment("workflow")) else {
      throw Problem.notFound("workflow \(request.segment("workflow"))")
    }
    let limit = try request.number(
      "runs", default: ports.configuration.runsSummarisedMax,
      in: 1...ports.configuration.runsSummarisedMax)
    let filter = JobFilter(
      namespace: namespace, workflow: workflow, since: try request.moment("since"),
      before: try request.moment("before"))
    do throws(ArchiveError) {
      let (summary, isCut) = try await summary(of: filter, limit: limit)
      return .json(
        .record(
          [
            ("namespace", .string(namespace.text)), ("workflow", .string(workflow.text)),
            ("since", .time(filter.since)), ("before", .time(filter.before)),
            ("isCut", .boolean(isCut)),
          ] + summary.members))
    } catch {
      throw Problem(error)
    }
  }

  /// The newest runs that have ended, and the tasks of the newest of them.
  private func summary(
    of filter: JobFilter, limit: Int
  ) async throws(ArchiveError) -> (WorkflowSummary, isCut: Bool) {
    var summary = WorkflowSummary()
    var cursor: String?
    var tasksLeft = ports.configuration.tasksSummarisedMax
    repeat {
      let page = try await ports.archive.jobs(
        filter, limit: ports.configuration.jobsPerPageMax, cursor: cursor)
      for job in page.jobs where RunOutcome(rawValue: job.state) != nil {
        guard summary.runs < limit else { return (summary, true) }
        summary.add(
          state: job.state, createdAt: job.createdAt, startedAt: job.startedAt,
          endedAt: job.endedAt)
        guard tasksLeft > 0 else { continue }
        let tasks = try await ports.archive.tasks(of: job.run, after: nil, limit: tasksLeft)
        tasksLeft -= max(tasks.count, 1)
        for task in tasks {
          summary.add(task: task.task, state: task.state, attempts: task.attempts.map(\.lengths))
        }
      }
      cursor = page.next
    } while cursor != nil
    return (summary, false)
  }
}

extension TaskDocument.Attempt {
  fileprivate var lengths: AttemptLengths {
    func length(_ start: Moment?, _ end: Moment?) -> Duration? {
      guard let start, let end else { return nil }
      return end - start
    }
    return AttemptLengths(wait: length(queuedAt, startedAt), took: length(startedAt, endedAt))
  }
}

extension WorkflowSummary {
  fileprivate var members: [(String, Value)] {
    [
      ("runs", .integer(Int64(runs))), ("states", .counts(states)),
      ("failuresPerThousand", failuresPerThousand.map { .integer(Int64($0)) } ?? .null),
      ("wait", wait.value), ("took", took.value),
      (
        "tasks",
        .array(
          tasks.map { name, task in
            .record([
              ("task", .string(name.text)), ("states", .counts(task.states)),
              ("attempts", .integer(Int64(task.attempts))), ("wait", task.wait.value),
              ("took", task.took.value),
            ])
          })
      ),
    ]
  }
}

extension Lengths {
  /// Milliseconds; null when nothing was measured.
  fileprivate var value: Value {
    guard let found = quantiles([50, 95, 100]) else { return .null }
    let milliseconds = found.map { Value.integer($0.wholeMicroseconds / 1_000) }
    return .record([
      ("p50", milliseconds[0]), ("p95", milliseconds[1]), ("max", milliseconds[2]),
    ])
  }
}

extension Value {
  fileprivate static func counts(_ counts: SortedMap<String, Int>) -> Value {
    .object(counts.mapValues { .integer(Int64($0)) })
  }
}
