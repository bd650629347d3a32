internal import Contracts
internal import Domain
internal import Ports

extension ExportTraceServiceRequest {
  init(_ spans: [TraceSpan], of export: TelemetryExport) {
    self.init(resourceSpans: [
      TelemetryResourceSpans(
        resource: TelemetryResource(export),
        scopeSpans: [
          TelemetryScopeSpans(
            scope: TelemetryScope(export), spans: spans.map(TelemetrySpan.init))
        ])
    ])
  }
}

extension ExportLogsServiceRequest {
  init(_ lines: [TelemetryBuffer.Line], of export: TelemetryExport) {
    self.init(resourceLogs: [
      TelemetryResourceLogs(
        resource: TelemetryResource(export),
        scopeLogs: [
          TelemetryScopeLogs(
            scope: TelemetryScope(export), logRecords: lines.map(TelemetryLogRecord.init))
        ])
    ])
  }
}

extension TelemetryResource {
  fileprivate init(_ export: TelemetryExport) {
    self.init(
      attributes: export.resource.map { TelemetryAttribute($0.name, .stringValue($0.value)) })
  }
}

extension TelemetryScope {
  fileprivate init(_ export: TelemetryExport) {
    self.init(name: "millrace", version: export.version)
  }
}

extension TelemetryAttribute {
  fileprivate init(_ key: String, _ value: TelemetryValue.Value) {
    self.init(key: key, value: TelemetryValue(value: value))
  }
}

extension TelemetrySpan {
  fileprivate init(_ span: TraceSpan) {
    self.init(
      traceId: span.context.trace.bytes, spanId: span.context.span.bytes,
      parentSpanId: span.parent?.bytes ?? [], name: span.name, kind: Kind(span.kind),
      startTimeUnixNano: span.startedAt.unixNanoseconds,
      // A clock that was put back in between makes no negative length.
      endTimeUnixNano: max(span.endedAt, span.startedAt).unixNanoseconds,
      attributes: span.attributes.map { name, value in
        switch value {
        case .text(let text): TelemetryAttribute(name, .stringValue(text))
        case .number(let number): TelemetryAttribute(name, .intValue(number))
        }
      },
      status: span.failure.map { Status(message: $0, code: .error) })
  }
}

extension TelemetrySpan.Kind {
  fileprivate init(_ kind: TraceSpan.Kind) {
    switch kind {
    case .internal: self = .internal
    case .server: self = .server
    case .client: self = .client
    case .producer: self = .producer
    case .consumer: self = .consumer
    }
  }
}

extension TelemetryLogRecord {
  fileprivate init(_ line: TelemetryBuffer.Line) {
    self.init(
      timeUnixNano: line.at.unixNanoseconds, severityNumber: line.level.severity,
      severityText: line.level.rawValue, body: TelemetryValue(value: .stringValue(line.event)),
      attributes: line.fields.map { TelemetryAttribute($0.0, .stringValue($0.1)) },
      traceId: line.trace?.trace.bytes ?? [], spanId: line.trace?.span.bytes ?? [],
      observedTimeUnixNano: line.at.unixNanoseconds, eventName: line.event)
  }
}

extension LogLevel {
  /// The first number of each range of the log data model of OpenTelemetry.
  fileprivate var severity: Int32 {
    switch self {
    case .debug: 5
    case .info: 9
    case .warning: 13
    case .error: 17
    }
  }
}

extension Moment {
  fileprivate var unixNanoseconds: UInt64 {
    UInt64(clamping: microseconds).multipliedReportingOverflow(by: 1_000).partialValue
  }
}

extension TraceID {
  fileprivate var bytes: [UInt8] { high.bytes + low.bytes }
}

extension SpanID {
  fileprivate var bytes: [UInt8] { bits.bytes }
}

extension UInt64 {
  /// The most significant first.
  fileprivate var bytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) }
  }
}
