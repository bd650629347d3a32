internal import Ports
internal import ServiceKit
internal import SystemAdapter

/// What Prometheus scrapes: no ids, no names of people, and no more than `docs/metrics.md` lists.
struct MetricRoutes: Sendable {
  static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  let metrics: MetricRegistry

  var all: [Route] {
    [
      Route("GET", "/metrics", .signedIn) { [metrics] _ throws(Problem) in
        HTTPResponse(
          status: 200, fields: [HTTPField("Content-Type", MetricRoutes.mediaType)],
          body: .bytes(Array(metrics.text.utf8)))
      }.direct
    ]
  }
}
