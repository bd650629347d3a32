public import Domain

// The spans of a run are named by what they are of. Whoever tells of one, before or after a crash,
// tells of the same, and whoever comes later knows its parent without asking.
extension TraceContext {
  /// The run, below the request that caused it.
  public func of(_ run: RunID) -> TraceContext { with(SpanID(of: run.text)) }

  /// An attempt, from its offer to its end as the scheduler knows it; below the run.
  public func of(_ attempt: AttemptID) -> TraceContext { with(SpanID(of: attempt.description)) }

  /// An attempt on its worker; below the attempt.
  public func execution(of attempt: AttemptID) -> TraceContext {
    with(SpanID(of: "execution of \(attempt)"))
  }
}
