import Foundation

/// A request with one text in it that means something to some other program.
struct InjectionRequest: Sendable {
  var method: String
  var target: String
  var body: [UInt8]
  /// The operation, and where in it the text stands.
  var place: String
  var payload: String
  /// The members of the body that lead to the text.
  var path: [String] = []
  /// Whether it has to be refused whatever it means.
  var isWrong = false
}

/// Every text that the description of the interface knows, with every payload in turn.
struct InjectionRequests {
  static let payloads = [
    "'", "\"", "\\", "`", "' OR '1'='1", "'; DROP TABLE records; --", "\" OR \"\"=\"", "1 OR 1=1",
    "%' OR '%'='", "_%", "{\"$ne\":null}", "$where", "$gt", "a.$.b", "'; sleep(1000)//", "$(id)",
    "`id`", "; id", "| id", "a\r\nSet-Cookie: x=1", "a\u{0}b", "../../etc/passwd", "<script>x",
    "{{7*7}}", "${{ secrets.A }}", "%00", "%s%n", "\u{202e}abc", "\u{1f4a9}", "e\u{301}", "=1+1",
    "null", "-1", "1e400", " ", "", "*)(uid=*", "]]>", "&x;", String(repeating: "a", count: 5_000),
  ]
  /// JSON where a text belongs.
  static let scalars = ["{\"$ne\":null}", "{\"$gt\":\"\"}", "[\"x\"]", "1", "true"]

  let description: APIDescription
  /// What stands for the parameters of a path.
  let known: [String: String]

  var all: [InjectionRequest] { description.operations.flatMap(requests) }

  private func requests(_ operation: APIDescription.Operation) -> [InjectionRequest] {
    parameters(operation, in: "path") + parameters(operation, in: "query") + bodies(operation)
  }

  private func target(_ operation: APIDescription.Operation, _ changed: [String: String] = [:])
    -> String
  {
    var target = operation.template
    for name in operation.parameters(in: "path", of: description) {
      let value = changed[name] ?? known[name] ?? "x"
      target = target.replacing("{\(name)}", with: InjectionRequests.escaped(value))
    }
    return target
  }

  private func parameters(
    _ operation: APIDescription.Operation, in place: String
  ) -> [InjectionRequest] {
    operation.parameters(in: place, of: description).flatMap { name in
      InjectionRequests.payloads.compactMap { payload in
        // A path without its last part is another path, and no client of ours sends NUL in one.
        if place == "path" && payload.isEmpty || payload.utf8.contains(0) { return nil }
        let text = InjectionRequests.escaped(payload)
        let name = name.hasSuffix(".") ? name + "a" : name
        let target =
          place == "path"
          ? target(operation, [name: payload]) : "\(target(operation))?\(name)=\(text)"
        return InjectionRequest(
          method: operation.method, target: target, body: [],
          place: "\(operation.name), \(name) in its \(place)", payload: payload)
      }
    }
  }

  private func bodies(_ operation: APIDescription.Operation) -> [InjectionRequest] {
    let content =
      (operation.members["requestBody"] as? [String: Any])?["content"] as? [String: Any]
    guard
      let schema = (content?["application/json"] as? [String: Any])?["schema"] as? [String: Any]
    else { return [] }
    return texts(in: schema).flatMap { path in
      let place = "\(operation.name), \(path.joined(separator: "."))"
      func request(_ value: Any, _ payload: String, isWrong: Bool = false) -> InjectionRequest? {
        let body = sample(schema, with: value, at: path[...])
        guard let bytes = try? JSONSerialization.data(withJSONObject: body) else { return nil }
        return InjectionRequest(
          method: operation.method, target: target(operation), body: Array(bytes), place: place,
          payload: payload, path: path, isWrong: isWrong)
      }
      return InjectionRequests.payloads.compactMap { request($0, $0) }
        + InjectionRequests.scalars.compactMap { text in
          let value = try? JSONSerialization.jsonObject(
            with: Data(text.utf8), options: .fragmentsAllowed)
          return request(value ?? text, text, isWrong: true)
        }
    }
  }

  // MARK: Schemas

  /// The schema itself: behind references, and without the null that it may be instead.
  private func plain(_ schema: [String: Any]) -> [String: Any] {
    let schema = description.resolved(schema)
    guard let choices = (schema["oneOf"] ?? schema["anyOf"]) as? [[String: Any]] else {
      return schema
    }
    return choices.map(plain).first { type(of: $0) != "null" } ?? [:]
  }

  private func type(of schema: [String: Any]) -> String {
    if let types = schema["type"] as? [String] { return types.first { $0 != "null" } ?? "null" }
    return schema["type"] as? String ?? (schema["enum"] == nil ? "" : "string")
  }

  /// The ways to each text of a schema: names of members, `[]` for items, `{}` for values of a map.
  private func texts(in schema: [String: Any], depth: Int = 0) -> [[String]] {
    let schema = plain(schema)
    guard depth < 6 else { return [] }
    switch type(of: schema) {
    case "string": return [[]]
    case "array":
      let items = schema["items"] as? [String: Any] ?? [:]
      return texts(in: items, depth: depth + 1).map { ["[]"] + $0 }
    case "object":
      let members = schema["properties"] as? [String: [String: Any]] ?? [:]
      let own = members.sorted { $0.key < $1.key }.flatMap { name, inner in
        texts(in: inner, depth: depth + 1).map { [name] + $0 }
      }
      if let values = schema["additionalProperties"] as? [String: Any] {
        return own + texts(in: values, depth: depth + 1).map { ["{}"] + $0 }
      }
      return schema["additionalProperties"] as? Bool == true ? own + [["{}"]] : own
    default: return []
    }
  }

  /// A value that keeps the schema, with another one somewhere in it.
  private func sample(
    _ schema: [String: Any], with value: Any? = nil, at path: ArraySlice<String> = []
  ) -> Any {
    let schema = plain(schema)
    if path.isEmpty, let value { return value }
    let rest = path.dropFirst()
    switch type(of: schema) {
    case "string": return word(schema)
    case "integer", "number": return schema["minimum"] as? Int ?? 1
    case "boolean": return false
    case "array":
      let items = schema["items"] as? [String: Any] ?? [:]
      return path.first == nil ? [sample(items)] : [sample(items, with: value, at: rest)]
    default:
      let members = schema["properties"] as? [String: [String: Any]] ?? [:]
      var object: [String: Any] = [:]
      for name in schema["required"] as? [String] ?? [] {
        object[name] = sample(members[name] ?? [:])
      }
      if let name = path.first {
        let inner = members[name] ?? schema["additionalProperties"] as? [String: Any] ?? [:]
        object[name == "{}" ? "a" : name] = sample(inner, with: value, at: rest)
      }
      return object
    }
  }

  private func word(_ schema: [String: Any]) -> String {
    if let word = (schema["enum"] as? [Any])?.first as? String { return word }
    if let example = (schema["examples"] as? [String])?.first { return example }
    switch schema["format"] as? String {
    case "uri": return "http://127.0.0.1:1/"
    case "email": return "a@example.org"
    case "date-time": return "2026-01-01T00:00:00Z"
    default: return schema["pattern"] == nil ? "seven rivers run east" : "hello"
    }
  }

  /// Percent-encoded, so that every byte arrives as it is.
  static func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.intersection(.ascii)) ?? text
  }
}

extension CharacterSet {
  fileprivate static let ascii = CharacterSet(charactersIn: Unicode.Scalar(0)...Unicode.Scalar(127))
}
