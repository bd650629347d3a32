/// A public type can be named without a struggle.
struct GenericsRule: FileRule {
  let name = "generics"
  let promise = "a public type has at most 2 generic parameters"

  var genericsMax = 2

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    file.source.types.compactMap { type in
      guard type.isPublic, type.genericCount > genericsMax else { return nil }
      return violation(
        file.path, type.line, "\(type.name) has \(type.genericCount) generic parameters",
        cure: "use a protocol with associated types, or `any`")
    }
  }
}
