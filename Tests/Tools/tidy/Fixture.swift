@testable import tidy

/// A tree of a few files, and what one rule finds in it.
struct Fixture {
  var files: [(path: String, text: String)]
  var manifest: Manifest?

  init(_ path: String, _ text: String) {
    files = [(path, text)]
  }

  init(_ files: [(path: String, text: String)], manifest: Manifest? = nil) {
    self.files = files
    self.manifest = manifest
  }

  var tree: Tree {
    Tree(files: files.map { ($0.path, Array($0.text.utf8)) }, manifest: manifest)
  }

  func violations(of rule: any Rule) -> [Violation] {
    rule.violations(in: tree)
  }

  static let core = "Sources/Services/Scheduler/Core/Run.swift"
  static let service = "Sources/Services/Scheduler/Service/Owner.swift"
  static let adapter = "Sources/Adapters/SQLite/Store.swift"
  static let system = "Sources/Adapters/System/Clock.swift"
  static let domain = "Sources/Domain/Time/Moment.swift"
  static let program = "Sources/Apps/millrace/main.swift"
  static let test = "Tests/Services/Scheduler/Core/RunTests.swift"
}
