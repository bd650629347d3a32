/// `public import Domain` says "part of my interface"; a bare import says nothing.
struct ImportAccessRule: FileRule {
  let name = "import-access"
  let promise = "every import outside Tests has an access level"

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    guard !file.place.isTest else { return [] }
    return file.source.imports.filter { $0.access == nil }.map { item in
      violation(
        file.path, item.line, "the import of \(item.module) has no access level",
        cure: "write `internal import \(item.module)`, or `public import` when its types are part "
          + "of this module's interface")
    }
  }
}
