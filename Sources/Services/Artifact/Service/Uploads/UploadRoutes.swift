internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit
internal import Wire

/// Routes that bring files in and take them away.
struct UploadRoutes: Sendable {
  let ports: ArtifactPorts
  let desk: ArtifactDesk
  let uploads: UploadDesk

  var all: [Route] {
    let access = Access.allowed(.artifactWrite, in: .content)
    return [
      Route("POST", "/v1/artifacts", access, create),
      Route("PUT", "/v1/runs/{run}/artifacts/{name}", access, parameters: ["path"], putNamed)
        .steady,
      Route("PUT", "/v1/artifacts/{artifact}/content", access) { request throws(Problem) in
        let stored = try await desk.find(request)
        return try await put(request, into: stored)
      }.steady,
      Route("PUT", "/v1/artifacts/{artifact}/parts/{part}", access) { request throws(Problem) in
        let stored = try await desk.find(request)
        return try await put(request, part: request.segment("part"), of: stored)
      }.steady,
      Route("POST", "/v1/artifacts/{artifact}/complete", access) { request throws(Problem) in
        let stored = try await desk.find(request)
        return try await uploads.complete(stored).answer(status: 200)
      }.steady,
      Route("DELETE", "/v1/artifacts/{artifact}", access) { request throws(Problem) in
        let stored = try await desk.find(request)
        _ = try await desk.apply(.deleteAsked, to: stored.id)
        return HTTPResponse(status: 204)
      },
    ]
  }

  // MARK: Names

  private func create(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let bytes = try await request.jsonBytes(upTo: ports.configuration.requestBytesMax)
    let sizeMax = ports.configuration.artifactBytesMax
    let wanted = try RouteRequest.read(bytes) { WantedArtifact(&$0, sizeMax: sizeMax) }
    let namespace: NamespaceName
    if let run = wanted.run {
      namespace = try await desk.runs.namespace(of: run)
      try request.authorize(in: namespace, missing: "run \(run)")
      guard wanted.namespace == nil || wanted.namespace == namespace else {
        throw Problem.notFound("run \(run)")
      }
    } else {
      namespace = wanted.namespace ?? .default
      try request.authorize(in: namespace)
    }
    let outcome = try await uploads.open(
      ArtifactDesk.Order(
        place: ArtifactPlace(
          namespace: namespace, run: wanted.run, name: wanted.name, path: wanted.path),
        expectation: .init(size: wanted.size, digest: wanted.digest),
        contentType: wanted.contentType, principal: request.principal.name))
    return outcome.answer(status: outcome.wasThere ? 200 : 201)
  }

  private func putNamed(_ request: RouteRequest) async throws(Problem) -> HTTPResponse {
    let text = request.segment("run")
    guard let run = RunID(text: text) else { throw Problem.notFound("run \(text)") }
    let namespace = try await desk.runs.namespace(of: run)
    try request.authorize(in: namespace, missing: "run \(run)")
    let name = request.segment("name")
    if let fault = FileName.fault(in: name) {
      throw Problem(422, "bad-name", "the name \(fault.rawValue)")
    }
    let path = request.query["path"] ?? ""
    if !path.isEmpty, let fault = FileName.fault(inPath: path) {
      throw Problem(422, "bad-name", "the path \(fault.rawValue)")
    }
    let announced = try request.announced(upTo: ports.configuration.artifactBytesMax)
    let outcome = try await uploads.upload(
      ArtifactDesk.Order(
        place: ArtifactPlace(namespace: namespace, run: run, name: name, path: path),
        expectation: announced, contentType: try request.mediaType(),
        principal: request.principal.name), request.http.body)
    return outcome.answer(status: outcome.wasThere ? 200 : 201)
  }

  // MARK: Content

  func put(
    _ request: RouteRequest, into stored: StoredArtifact
  ) async throws(Problem) -> HTTPResponse {
    let announced = try request.announced(upTo: ports.configuration.artifactBytesMax)
    let outcome = try await uploads.upload(
      into: stored, announced.size, announced.digest, request.http.body)
    return outcome.answer(status: 200)
  }

  func put(
    _ request: RouteRequest, part: String, of stored: StoredArtifact
  ) async throws(Problem) -> HTTPResponse {
    guard let number = Int(part), String(number) == part else {
      throw Problem.notFound("part \(part)")
    }
    let announced = try request.announced(upTo: Int64(ports.configuration.partBytes))
    try await uploads.put(
      part: number, of: stored, announced.size, announced.digest, request.http.body)
    return HTTPResponse(status: 204)
  }
}

extension ArtifactDesk {
  /// The artifact that a path names, for somebody who may do there what the route does.
  func find(_ request: RouteRequest) async throws(Problem) -> StoredArtifact {
    let text = request.segment("artifact")
    guard let id = ArtifactID(text: text) else { throw Problem.notFound("artifact \(text)") }
    let stored = try await find(id)
    try request.authorize(in: stored.place.namespace, missing: "artifact \(id)")
    return stored
  }
}

extension UploadDesk.Outcome {
  func answer(status: Int) -> HTTPResponse {
    var fields = [HTTPField("Location", "/v1/artifacts/\(stored.id)")]
    if let content = stored.content {
      fields.append(HTTPField("ETag", content.entityTag))
      fields.append(HTTPField("Repr-Digest", DigestField.text(of: content.digest)))
    }
    return .json(stored.value, status: status, fields: fields)
  }
}

/// What a client says about a file whose content is to come.
private struct WantedArtifact {
  var namespace: NamespaceName?
  var run: RunID?
  var name: String
  var path: String
  var size: Int64
  var digest: ContentDigest?
  var contentType: String

  init?(_ body: inout JSONObject, sizeMax: Int64) {
    let namespace = body.parsed("namespace", .optional, wanted: Slug.rule) { NamespaceName($0) }
    let run = body.parsed("run", .optional, wanted: "a run's id") { RunID(text: $0) }
    let name = body.parsed("name", wanted: "the name of a file, without slashes") { name in
      FileName.fault(in: name) == nil ? name : nil
    }
    let path = body.parsed("path", .optional, wanted: "a relative path") { path in
      FileName.fault(inPath: path) == nil ? path : nil
    }
    let size = body.integer("size", in: 0...sizeMax)
    let digest = body.parsed("sha256", .optional, wanted: "64 hexadecimal digits in lower case") {
      ContentDigest(hexadecimal: $0)
    }
    let contentType = body.parsed("contentType", .optional, wanted: "a media type") {
      MediaType.read($0)
    }
    guard let name, let size, !body.hasFindings else { return nil }
    self.namespace = namespace
    self.run = run
    self.name = name
    self.path = path ?? ""
    self.size = size
    self.digest = digest
    self.contentType = contentType ?? MediaType.unknown
  }
}

extension RouteRequest {
  /// What the head of an upload says about its body: how large, and with which SHA-256 if that is
  /// said. An upload pays before its first byte, and so must know its size.
  func announced(upTo sizeMax: Int64) throws(Problem) -> Artifact.Expectation {
    if http.fields["content-encoding"] != nil {
      throw Problem(415, "unsupported-encoding", "compressed bodies are not accepted")
    }
    if http.fields["content-range"] != nil {
      throw Problem(400, "partial-put", "content is sent whole, or in numbered parts")
    }
    guard let text = http.fields["content-length"] else {
      throw Problem(411, "length-required", "send the size of the content as Content-Length")
    }
    guard let size = Int64(text), size >= 0 else {
      throw Problem(400, "bad-length", "Content-Length is no size")
    }
    guard size <= sizeMax else { throw Problem.tooLarge(Int(clamping: sizeMax)) }
    var digest: ContentDigest?
    for name in ["Content-Digest", "Repr-Digest"] {
      switch DigestField.read(http.fields.all(name)) {
      case .absent: break
      case .digest(let read):
        guard digest == nil || digest == read else {
          throw Problem(400, "bad-digest", "Content-Digest and Repr-Digest contradict each other")
        }
        digest = read
      case .malformed:
        throw Problem(
          400, "bad-digest", "\(name) cannot be read; it looks like sha-256=:BASE64: (RFC 9530)")
      }
    }
    return Artifact.Expectation(size: size, digest: digest)
  }

  func mediaType() throws(Problem) -> String {
    guard let text = http.fields["content-type"] else { return MediaType.unknown }
    guard let type = MediaType.read(text) else {
      throw Problem(400, "bad-content-type", "Content-Type is no media type")
    }
    return type
  }
}
