/// Where a file stands in the house.
struct Place: Hashable, Sendable {
  /// From the root of the tree: `Sources/Domain/Time/Moment.swift`.
  let path: String
  /// The row of its target; of a test, the row of the target under test. Nil outside the table.
  let floor: Floor?
  /// What the `*` of the row stands for.
  let star: String
  /// A test target, not the support module.
  let isTestTarget: Bool
  /// The module that this file belongs to.
  let module: String?

  init(_ path: String) {
    let folders = path.split(separator: "/").dropLast().map(String.init)
    self.path = path
    var found = Place.row(for: folders)
    var isTestTarget = false
    if found == nil, folders.first == "Tests" {
      let rest = Array(folders.dropFirst())
      found = Place.row(for: ["Sources"] + rest) ?? Place.row(for: rest)
      isTestTarget = found != nil
    }
    self.floor = found?.floor
    self.star = found?.star ?? ""
    self.isTestTarget = isTestTarget
    self.module = found.map { floor, star in
      Place.named(floor.module, star) + (isTestTarget ? "Tests" : "")
    }
  }

  /// Anything below `Tests`.
  var isTest: Bool { path.hasPrefix("Tests/") }

  /// Written by a generator: its lengths are nobody's choice.
  var isGenerated: Bool { path.contains("/Generated/") }

  /// The row's kind when this is the target itself, not its tests.
  var kind: Floor.Kind? { isTestTarget ? nil : floor?.kind }

  /// Modules of this package that it may import, as patterns (`?` is any name).
  var importsAllowed: [String] {
    guard let floor else { return [] }
    let own = floor.imports.map(named)
    guard isTestTarget else { return own }
    return own + floor.tests + [named(floor.module), "TestSupport"]
  }

  private func named(_ pattern: String) -> String { Place.named(pattern, star) }

  private static func named(_ pattern: String, _ star: String) -> String {
    pattern.split(separator: "*", omittingEmptySubsequences: false).joined(separator: star)
  }

  private static func row(for folders: [String]) -> (floor: Floor, star: String)? {
    for floor in Floors.all {
      let pattern = floor.folder.split(separator: "/").map(String.init)
      guard folders.count >= pattern.count else { continue }
      let pairs = zip(pattern, folders)
      guard pairs.allSatisfy({ $0 == "*" || $0 == $1 }) else { continue }
      return (floor, pairs.first { $0.0 == "*" }?.1 ?? "")
    }
    return nil
  }
}
