internal import Ports

/// What spans and their attributes are called: the semantic conventions of OpenTelemetry 1.45,
/// <https://opentelemetry.io/docs/specs/semconv/>. Those of messaging are not stable yet; all names
/// stand here, so that only this file changes with them.
public enum SpanNames {
  public static let requestMethod = "http.request.method"
  public static let route = "http.route"
  public static let path = "url.path"
  public static let status = "http.response.status_code"
  public static let error = "error.type"
  public static let rpcSystem = "rpc.system.name"
  public static let rpcMethod = "rpc.method"
  public static let topic = "messaging.destination.name"
  public static let operation = "messaging.operation.type"
  public static let partition = "messaging.destination.partition.id"
  public static let offset = "messaging.kafka.offset"
  public static let request = "millrace.request.id"
  public static let namespace = "millrace.namespace"
  public static let workflow = "millrace.workflow"
  public static let run = "millrace.run.id"
  public static let task = "millrace.task"
  public static let attempt = "millrace.attempt"
  public static let pool = "millrace.pool"
  public static let worker = "millrace.worker"
  public static let outcome = "millrace.outcome"
  public static let delivery = "millrace.delivery.id"

  /// The header of a record and the field of a request that carry the place in a trace.
  public static let header = CurrentTrace.field
}
