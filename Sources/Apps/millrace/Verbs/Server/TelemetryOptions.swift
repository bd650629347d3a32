internal import Composition
internal import Ports

/// What a server tells of itself, as several verbs take it.
extension ServerOptions {
  static func log(_ level: String) -> Verb.Option {
    .init("log", value: "LEVEL", "debug, info, warning or error (default: \(level))")
  }

  static let telemetry: [Verb.Option] = [
    .init(
      "otlp", value: "URL",
      "takes traces and logs by OTLP over gRPC: http://HOST:4317 (OTEL_EXPORTER_OTLP_ENDPOINT)"),
    traceShare,
  ]

  static let traceShare = Verb.Option(
    "trace-share", value: "SHARE",
    "of traces that begin here, how many are recorded (default: 0.1)")

  /// Nil when nothing was said.
  static func traceMillionths(_ call: Call) throws -> Int? {
    guard let share = call.value("trace-share") else { return nil }
    guard let millionths = ObservationSettings.millionths(share) else {
      throw Failure.usage("--trace-share takes a number from 0 to 1, not '\(share)'")
    }
    return millionths
  }

  /// Names of the installation come from the variables that every tool of OpenTelemetry reads.
  static func observation(
    _ call: Call, from base: ObservationSettings
  ) throws -> ObservationSettings {
    var observation = base
    observation.version = Program.version
    if let level = call.value("log") { observation.level = level }
    guard LogLevel(rawValue: observation.level) != nil else {
      let levels = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure.usage("--log takes \(levels), not '\(observation.level)'")
    }
    observation.receiver = call.value("otlp")
    observation.tracesMillionths = try traceMillionths(call) ?? observation.tracesMillionths
    if let name = call.environment["OTEL_SERVICE_NAME"] { observation.service = name }
    if let text = call.environment["OTEL_RESOURCE_ATTRIBUTES"] {
      guard let attributes = ObservationSettings.attributes(text) else {
        throw Failure.usage("OTEL_RESOURCE_ATTRIBUTES takes NAME=VALUE,…, not '\(text)'")
      }
      observation.resource = attributes
    }
    return observation
  }
}
