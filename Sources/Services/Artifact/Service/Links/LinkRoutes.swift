internal import ArtifactCore
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Routes that give links out, and those that links lead to.
struct LinkRoutes: Sendable {
  let ports: ArtifactPorts
  let desk: ArtifactDesk
  let uploads: UploadDesk
  let links: LinkDesk

  var all: [Route] {
    [
      Route(
        "POST", "/v1/artifacts/{artifact}/download-link", .allowed(.artifactRead, in: .content)
      ) { request throws(Problem) in
        try await give(.get, request)
      },
      Route(
        "POST", "/v1/artifacts/{artifact}/upload-link", .allowed(.artifactWrite, in: .content)
      ) { request throws(Problem) in
        try await give(.put, request)
      },
      // The signature is the permission, and is looked at before anything else.
      Route(
        "GET", "/v1/links/{artifact}", .anyone, parameters: ["expires", "signature"]
      ) { request throws(Problem) in
        let id = try links.artifact(request, .get)
        return try await Download(ports: ports, stored: try await desk.find(id), isByLink: true)
          .answer(to: request.http)
      }.steady,
      Route(
        "PUT", "/v1/links/{artifact}", .anyone, parameters: ["expires", "signature", "part"]
      ) { request throws(Problem) in
        let id = try links.artifact(request, .put)
        let stored = try await desk.find(id)
        let routes = UploadRoutes(ports: ports, desk: desk, uploads: uploads)
        if let part = request.query["part"] {
          return try await routes.put(request, part: part, of: stored)
        }
        return try await routes.put(request, into: stored)
      }.steady,
    ]
  }

  private func give(
    _ method: LinkGrant.Method, _ request: RouteRequest
  ) async throws(Problem) -> HTTPResponse {
    let stored = try await desk.find(request)
    if method == .put, let content = stored.content {
      throw Problem(.exists(content), stored.id)
    }
    let longest = links.lengthMax(method)
    var length = longest
    if request.contentType != nil {
      let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
      length = try RouteRequest.read(bytes) { body in
        let wanted = "a duration from 1s to " + DurationText.text(of: longest)
        let text = body.parsed("expiresIn", .optional, wanted: wanted) { text -> Duration? in
          guard let length = DurationText.duration(text), length >= .seconds(1), length <= longest
          else { return nil }
          return length
        }
        return text ?? longest
      }
    }
    let link = links.link(method, stored.id, for: length)
    return .json(
      .record([
        ("url", .string(link.url)), ("method", .string(method.rawValue)),
        ("expiresAt", .time(link.expiresAt)),
      ]), status: 201, fields: [HTTPField("Referrer-Policy", "no-referrer")])
  }
}
