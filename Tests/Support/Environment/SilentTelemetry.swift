public import Ports

/// For parts that tell of what they do where nobody listens.
public struct SilentTelemetry: Telemetry {
  public init() {}
  public func log(_ level: LogLevel, _ event: String, _ fields: [(String, String)]) {}
  public func count(_ name: String, _ amount: Int, _ labels: [(String, String)]) {}
  public func measure(_ name: String, _ length: Duration, _ labels: [(String, String)]) {}
  public func gauge(_ name: String, _ value: GaugeValue?, _ labels: [(String, String)]) {}
  public func record(_ span: TraceSpan) {}
}
