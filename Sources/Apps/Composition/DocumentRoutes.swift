internal import Ports
internal import ServiceKit

/// The public routes that describe the others: what is in `api/`, byte for byte.
enum DocumentRoutes {
  static let all: [Route] = [
    route("/v1/openapi.json", "application/json", PublishedDocuments.openAPI),
    route(
      "/v1/workflow.schema.json", "application/schema+json", PublishedDocuments.workflowSchema),
  ]

  private static func route(_ path: String, _ mediaType: String, _ text: String) -> Route {
    let bytes = Array(text.utf8)
    return Route("GET", path, .anyone) { _ throws(Problem) in
      HTTPResponse(
        status: 200,
        fields: [
          HTTPField("Content-Type", mediaType), HTTPField("Cache-Control", "public, max-age=300"),
        ], body: .bytes(bytes))
    }
  }
}
