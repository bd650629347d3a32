public import Domain
public import Ports
public import Wire

extension RouteRequest {
  /// - Throws: 415 unless the body has one of the media types.
  public func requireContent(_ types: [String]) throws(Problem) {
    guard let contentType, types.contains(contentType) else {
      throw Problem(
        415, "unsupported-media-type",
        "the body is \(contentType.map { "'\($0)'" } ?? "of no type"); this route takes "
          + types.joined(separator: ", "))
    }
    if http.fields["content-encoding"] != nil {
      throw Problem(415, "unsupported-encoding", "compressed bodies are not accepted")
    }
  }

  /// The bytes of a body that says to be JSON.
  public func jsonBytes(upTo bytesMax: Int) async throws(Problem) -> [UInt8] {
    try requireContent(["application/json"])
    return try await body(upTo: bytesMax)
  }

  /// Reads a request from JSON, or says everything that is wrong with it.
  public static func read<Request>(
    _ bytes: [UInt8], _ body: (inout JSONObject) -> Request?
  ) throws(Problem) -> Request {
    do throws(JSONRefusal) {
      return try JSONObject.read(bytes, body)
    } catch {
      let findings = error.findings
      throw Problem(
        400, "invalid-body", findings.first?.message ?? "the body cannot be used",
        items: findings.map(Problem.Item.init))
    }
  }

  /// The namespace that the query names, or the default one.
  public func namespace() throws(Problem) -> NamespaceName {
    guard let text = query["namespace"] else { return .default }
    guard let name = NamespaceName(text) else {
      throw Problem.parameter("namespace", "is not \(Slug.rule)")
    }
    return name
  }

  /// An instant of the query.
  public func moment(_ name: String) throws(Problem) -> Moment? {
    guard let text = query[name] else { return nil }
    guard let moment = Moment(text: text) else {
      throw Problem.parameter(
        name, "is '\(text)'; it takes an instant such as 2026-01-31T12:00:00Z")
    }
    return moment
  }

  /// The labels that `label.key=value` parameters ask for.
  public var labels: SortedMap<String, String> {
    SortedMap(
      query.compactMap { name, value in
        name.hasPrefix("label.") ? (String(name.dropFirst("label.".count)), value) : nil
      })
  }

  /// Everything of the query that decides what a list shows.
  public var filterText: String {
    query.filter { $0.key != "cursor" && $0.key != "limit" }
      .map { PercentCoding.encoded($0.key) + "=" + PercentCoding.encoded($0.value) }
      .joined(separator: "&")
  }

  /// The place of the page before, from the same list.
  public func cursor(_ filter: String, _ seal: CursorSeal) throws(Problem) -> ListCursor? {
    guard let text = query["cursor"] else { return nil }
    guard let cursor = ListCursor(text: text, filter: filter, seal) else {
      throw Problem.parameter("cursor", "is not one that this list gave out with this filter")
    }
    return cursor
  }

  /// What `If-Match` asks for; nil when it was not sent. Several fields are one list.
  public var entityMatch: EntityMatch? {
    let sent = http.fields.all("if-match")
    return sent.isEmpty ? nil : EntityMatch(sent.joined(separator: ","))
  }
}

extension HTTPResponse {
  /// One page of a list.
  public static func page(
    _ items: [Value], next: ListCursor?, _ filter: String, _ seal: CursorSeal
  ) -> HTTPResponse {
    let cursor = next?.text(filter: filter, seal)
    return .json(
      .record([("items", .array(items)), ("nextCursor", .text(cursor))]),
      fields: cursor.map { [nextPage($0)] } ?? [])
  }
}

extension Problem.Item {
  public init(_ finding: Finding) {
    self.init(
      pointer: finding.pointer, code: finding.code, detail: finding.message, hint: finding.hint,
      position: finding.position)
  }
}
