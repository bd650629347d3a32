internal import ArtifactCore
internal import Contracts
internal import Domain
internal import Ports
internal import ServiceKit

/// The route that gives content out to who may read it.
struct DownloadRoutes: Sendable {
  let ports: ArtifactPorts
  let desk: ArtifactDesk

  var all: [Route] {
    [
      Route(
        "GET", "/v1/artifacts/{artifact}/content", .allowed(.artifactRead, in: .content)
      ) { request throws(Problem) in
        let stored = try await desk.find(request)
        return try await Download(ports: ports, stored: stored, isByLink: false).answer(
          to: request.http)
      }.steady
    ]
  }
}

/// One answer with content, or with a part of it (RFC 9110 §13, §14).
struct Download: Sendable {
  let ports: ArtifactPorts
  let stored: StoredArtifact
  /// Whoever holds the link may read it: nothing of the answer is kept on the way.
  let isByLink: Bool

  func answer(to request: HTTPRequest) async throws(Problem) -> HTTPResponse {
    guard let content = stored.content, let object = stored.record.object else {
      throw Problem(
        409, "not-ready", "the content of artifact \(stored.id) has not come yet",
        fields: [HTTPField("Retry-After", "1")])
    }
    if let tags = request.list("if-match"), tags != ["*"],
      !tags.contains(Substring(content.entityTag))
    {
      throw Problem(412, "changed", "the content of artifact \(stored.id) is another")
    }
    if let tags = request.list("if-none-match"),
      tags == ["*"] || tags.contains(where: { $0.weakly == content.entityTag })
    {
      return HTTPResponse(status: 304, fields: HTTPFields(cacheFields(content)))
    }
    let reader = ContentReader(ports: ports, key: object.key, content: content)
    let isHead = request.method == "HEAD"
    switch range(request, content) {
    case .whole:
      return try await send(0..<content.size, reader, isHead: isHead)
    case .part(let part):
      let place = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(content.size)"
      var response = try await send(part, reader, isHead: isHead)
      response.status = 206
      response.fields.fields.append(HTTPField("Content-Range", place))
      return response
    case .unsatisfiable:
      throw Problem(
        416, "range-not-satisfiable", "the content has \(content.size) bytes",
        fields: [
          HTTPField("Content-Range", "bytes */\(content.size)"),
          HTTPField("Accept-Ranges", "bytes"),
        ])
    }
  }

  /// A range counts only for the content that the client thinks it is of.
  private func range(_ request: HTTPRequest, _ content: Content) -> ByteRange {
    guard let field = request.fields["range"] else { return .whole }
    let conditions = request.fields.all("if-range")
    guard conditions.isEmpty || conditions == [content.entityTag] else { return .whole }
    return ByteRange(field, size: content.size)
  }

  private func send(
    _ part: Range<Int64>, _ reader: ContentReader, isHead: Bool
  ) async throws(Problem) -> HTTPResponse {
    let fields = HTTPFields(
      cacheFields(reader.content) + safeFields + [
        HTTPField("Content-Length", "\(part.count)"), HTTPField("Accept-Ranges", "bytes"),
        HTTPField("Repr-Digest", DigestField.text(of: reader.content.digest)),
      ])
    guard !isHead else {
      return HTTPResponse(status: 200, fields: fields, body: .stream { _ in })
    }
    let first = try await reader.first(of: part)
    if first.count == part.count {
      return HTTPResponse(status: 200, fields: fields, body: .bytes(first))
    }
    return HTTPResponse(
      status: 200, fields: fields,
      body: .stream { sink in
        try await reader.write(part, first: first, to: sink)
      })
  }

  private func cacheFields(_ content: Content) -> [HTTPField] {
    let caching =
      isByLink ? "private, no-store" : "private, max-age=31536000, immutable"
    var fields = [HTTPField("ETag", content.entityTag), HTTPField("Cache-Control", caching)]
    if isByLink { fields.append(HTTPField("Referrer-Policy", "no-referrer")) }
    return fields
  }

  /// A file is saved, never run or rendered where our own pages live.
  private var safeFields: [HTTPField] {
    [
      HTTPField("Content-Type", MediaType.served(stored.record.contentType)),
      HTTPField("Content-Disposition", FileName.disposition(stored.place.fileName)),
      HTTPField("Content-Security-Policy", "sandbox; default-src 'none'"),
      HTTPField("Cross-Origin-Resource-Policy", "same-origin"),
    ]
  }
}

extension HTTPRequest {
  /// The members of a list field; nil when it was not sent.
  fileprivate func list(_ name: String) -> [Substring]? {
    let values = fields.all(name)
    guard !values.isEmpty else { return nil }
    return values.flatMap { $0.split(separator: ",") }.map { member in
      var member = member.drop { $0 == " " || $0 == "\t" }
      while let last = member.last, last == " " || last == "\t" { member = member.dropLast() }
      return member
    }
  }
}

extension Substring {
  /// For comparisons in which a weak tag is as good.
  fileprivate var weakly: Substring { hasPrefix("W/") ? dropFirst(2) : self }
}
