public import Domain
public import Ports

extension ServiceContext {
  /// A span of its own below `parent`. Ids are drawn only for what is recorded.
  public func span(under parent: TraceContext) -> TraceContext {
    parent.with(parent.isSampled ? SpanID(random: randomness.next()) : parent.span)
  }

  /// Where a request from outside stands: in the trace that it names, or at the begin of one.
  ///
  /// - Parameter begins: whether a trace that begins here may be recorded.
  func place(
    of request: HTTPRequest, _ id: RequestID, begins: Bool
  ) -> (here: TraceContext, parent: SpanID?) {
    let named = request.fields.all(SpanNames.header)
    if named.count == 1, let parent = named.first.flatMap(TraceContext.init(traceparent:)) {
      return (span(under: parent), parent.span)
    }
    let trace = TraceID(of: id.id)
    let first = TraceContext(
      trace, SpanID(random: StableHash.mixed(trace.low)), isSampled: begins && sampling.takes(trace)
    )
    return (first, nil)
  }

  /// Tells of records that a feed has taken in since `start`: how long they had been on the bus,
  /// and of each in its own trace.
  public func tookIn(_ deliveries: [BusDelivery], since start: Moment) {
    // The first one has waited longest.
    if let first = deliveries.first {
      telemetry.measure(
        "feed_delay", max(time.now() - first.stampedAt, .zero), [("topic", first.place.topic)])
    }
    traced(deliveries, since: start)
  }

  /// Tells of records that were taken in since `start`, each in its own trace.
  public func traced(_ deliveries: [BusDelivery], since start: Moment) {
    for delivery in deliveries {
      guard let sender = delivery.record.trace, sender.isSampled else { continue }
      let topic = delivery.place.topic
      telemetry.record(
        TraceSpan(
          "process \(topic)", .consumer, span(under: sender), under: sender.span, from: start,
          to: time.now(),
          [
            SpanNames.topic: .text(topic), SpanNames.operation: .text("process"),
            SpanNames.partition: .text("\(delivery.place.partition)"),
            SpanNames.offset: .number(delivery.offset),
          ]))
    }
  }

  /// Tells of records that were handed to the bus since `start`.
  public func traced(published records: [BusRecord], since start: Moment) {
    for record in records {
      guard let cause = record.trace, cause.isSampled else { continue }
      telemetry.record(
        TraceSpan(
          "send \(record.topic)", .producer, span(under: cause), under: cause.span, from: start,
          to: time.now(),
          [SpanNames.topic: .text(record.topic), SpanNames.operation: .text("send")]))
    }
  }
}

extension BusRecord {
  /// What the record was caused by, if its trace is known.
  public var trace: TraceContext? { header(SpanNames.header).flatMap(TraceContext.init) }

  /// The same record in a trace. What nobody records is not carried along: most traces are not, and
  /// every byte of a record is stored and sent several times.
  public func traced(_ trace: TraceContext?) -> BusRecord {
    guard let trace, trace.isSampled else { return self }
    var record = self
    record.headers.append(BusHeader(SpanNames.header, trace.traceparent))
    return record
  }
}

extension TraceContext {
  /// What is stored of it: its text, or nothing when nobody records it.
  public static func stored(_ trace: TraceContext?) -> String {
    trace.flatMap { $0.isSampled ? $0.traceparent : nil } ?? ""
  }
}
