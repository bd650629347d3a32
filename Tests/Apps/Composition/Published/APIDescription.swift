import Foundation

/// `api/openapi.json` as the tests read it: by a reader of JSON that is not ours.
struct APIDescription {
  struct Operation {
    var method: String
    var template: String
    var members: [String: Any]
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../../api").standardizedFileURL

  let root: [String: Any]

  init() throws {
    let bytes = try Data(contentsOf: APIDescription.folder.appending(path: "openapi.json"))
    root = try JSONSerialization.jsonObject(with: bytes) as? [String: Any] ?? [:]
  }

  var operations: [Operation] {
    (root["paths"] as? [String: [String: Any]] ?? [:]).flatMap { template, methods in
      methods.compactMap { method, members in
        (members as? [String: Any]).map {
          Operation(method: method.uppercased(), template: template, members: $0)
        }
      }
    }
  }

  /// What a reference of the document leads to; other objects as they are.
  func resolved(_ object: [String: Any]) -> [String: Any] {
    guard let reference = object["$ref"] as? String else { return object }
    var place: Any? = root
    for step in reference.split(separator: "/").dropFirst() {
      place = (place as? [String: Any])?[String(step)]
    }
    return place as? [String: Any] ?? [:]
  }

  /// The words of a schema that is an enumeration.
  func words(_ schema: String) -> [String] {
    resolved(["$ref": "#/components/schemas/\(schema)"])["enum"] as? [String] ?? []
  }
}

extension APIDescription.Operation {
  var name: String { method + " " + template }

  var statuses: [Int] {
    (members["responses"] as? [String: Any] ?? [:]).keys.compactMap { Int($0) }.sorted()
  }

  func parameters(in place: String, of description: APIDescription) -> [String] {
    (members["parameters"] as? [[String: Any]] ?? []).map(description.resolved)
      .filter { $0["in"] as? String == place }.compactMap { $0["name"] as? String }.sorted()
  }

  /// The access rule in the words of `Access.words`.
  var access: String {
    let isOpen = (members["security"] as? [Any])?.isEmpty == true
    let words = members["x-access"] as? String
    if let permission = members["x-permission"] as? String, words == nil, !isOpen {
      return "\(permission) in \(members["x-namespace"] as? String ?? "nothing")"
    }
    return isOpen == (words == "anyone") ? words ?? "nothing" : "both open and closed"
  }
}
