public import Domain

/// One step of a trace, told of when it is over.
public struct TraceSpan: Hashable, Sendable {
  /// Which side of an exchange it is, in the words of OpenTelemetry.
  public enum Kind: Hashable, Sendable {
    case `internal`, server, client, producer, consumer
  }

  public enum Attribute: Hashable, Sendable {
    case text(String)
    case number(Int64)
  }

  /// Its own place; what it caused has this as its parent.
  public var context: TraceContext
  /// What it was caused by; nil where the trace begins.
  public var parent: SpanID?
  public var kind: Kind
  /// Of few values: no ids.
  public var name: String
  public var startedAt: Moment
  public var endedAt: Moment
  public var attributes: SortedMap<String, Attribute>
  /// Why it came to nothing; nil when it did what it was there for.
  public var failure: String?

  public init(
    _ name: String, _ kind: Kind, _ context: TraceContext, under parent: SpanID?,
    from startedAt: Moment, to endedAt: Moment, _ attributes: SortedMap<String, Attribute> = [:],
    failure: String? = nil
  ) {
    self.context = context
    self.parent = parent
    self.kind = kind
    self.name = name
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.attributes = attributes
    self.failure = failure
  }
}

/// The place in a trace of what the task does now: log lines and calls carry it on.
///
/// Child tasks have that of their parent. Work that outlives its cause, and everything that goes
/// through the store or the bus, carries its place in its own records.
public enum CurrentTrace {
  @TaskLocal public static var context: TraceContext?

  /// The field of a request or call, and the header of a record, that carries it on.
  public static let field = "traceparent"
}
