/// A placeholder goes when the first real file comes.
struct PlaceholderRule: Rule {
  let name = "placeholder"
  let promise = "a target with real files has no Placeholder.swift"

  func violations(in tree: Tree) -> [Violation] {
    let real = Set(tree.swift.filter { !isPlaceholder($0.path) }.compactMap(\.place.module))
    return tree.swift.compactMap { file in
      guard isPlaceholder(file.path), let module = file.place.module, real.contains(module) else {
        return nil
      }
      return violation(file.path, 1, "\(module) has real files by now", cure: "delete this one")
    }
  }

  private func isPlaceholder(_ path: String) -> Bool { path.hasSuffix("/Placeholder.swift") }
}
