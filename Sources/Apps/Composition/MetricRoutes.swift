internal import Ports
internal import ServiceKit
internal import SystemAdapter

/// What Prometheus scrapes: no ids, no names of people, and no more than `docs/metrics.md` lists.
struct MetricRoutes: Sendable {
  let metrics: MetricRegistry

  var all: [Route] {
    [
      Route("GET", "/metrics", .signedIn) { [metrics] request throws(Problem) in
        let form: MetricText.Form =
          request.accepts.contains("application/openmetrics-text") ? .openMetrics : .prometheus
        return HTTPResponse(
          status: 200, fields: [HTTPField("Content-Type", form.mediaType)],
          body: .bytes(Array(metrics.text(form).utf8)))
      }.direct
    ]
  }
}
