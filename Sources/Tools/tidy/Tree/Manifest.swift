internal import Foundation

/// What the package declares, from `swift package dump-package`.
struct Manifest: Sendable {
  struct Target: Sendable {
    let name: String
    /// `regular`, `executable`, `test`, `system`.
    let type: String
    let path: String
    let dependencies: [String]
  }

  let targets: [Target]

  init(targets: [Target]) { self.targets = targets }

  /// Nil when this is not a dump of a package.
  init?(json: [UInt8]) {
    guard let package = try? JSONDecoder().decode(Package.self, from: Data(json)) else {
      return nil
    }
    targets = package.targets.map { target in
      Target(
        name: target.name, type: target.type, path: target.path ?? "",
        dependencies: target.dependencies.compactMap(\.name))
    }
  }

  func target(named name: String) -> Target? { targets.first { $0.name == name } }

  private struct Package: Decodable {
    let targets: [Entry]
  }

  private struct Entry: Decodable {
    let name: String
    let type: String
    let path: String?
    let dependencies: [Dependency]
  }

  /// `{"byName": ["Domain", null]}` or `{"target": ["Domain", null]}`.
  private struct Dependency: Decodable {
    let name: String?

    init(from decoder: any Decoder) throws {
      let pairs = try decoder.singleValueContainer().decode([String: [Part]].self)
      name = pairs.values.first?.first?.text
    }
  }

  /// A part of a dependency: a name, or a condition that does not matter here.
  private struct Part: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
      text = try? decoder.singleValueContainer().decode(String.self)
    }
  }
}
