/// Something that must hold everywhere in the tree.
protocol Rule: Sendable {
  /// As it stands in messages and in the list of exceptions.
  var name: String { get }
  /// One sentence that says what must hold.
  var promise: String { get }
  func violations(in tree: Tree) -> [Violation]
}

/// A rule that looks at one Swift file at a time.
protocol FileRule: Rule {
  func violations(in file: Tree.SwiftFile) -> [Violation]
}

extension FileRule {
  func violations(in tree: Tree) -> [Violation] {
    tree.swift.flatMap { violations(in: $0) }
  }
}

extension Rule {
  func violation(
    _ path: String, _ line: Int, _ what: String, cure: String
  ) -> Violation {
    Violation(path: path, line: line, rule: name, what: what, cure: cure)
  }
}
