/// Names say what a thing is.
struct NamingRule: Rule {
  let name = "naming"
  let promise = "no module or type has an empty name, and no module that of a type inside it"

  private static let moduleWords = [
    "Utils", "Common", "Helpers", "Shared", "Manager", "Helper", "Info", "Data",
  ]
  private static let typeEndings = moduleWords + ["Util", "Managers", "Protocol"]

  func violations(in tree: Tree) -> [Violation] {
    tree.swift.flatMap { folders(of: $0) + types(in: $0) } + modules(in: tree.manifest)
  }

  private func modules(in manifest: Manifest?) -> [Violation] {
    (manifest?.targets ?? []).compactMap { target in
      guard let word = Self.moduleWords.first(where: target.name.contains) else { return nil }
      return violation(
        "Package.swift", 1, "the module \(target.name) is called \(word)",
        cure: "let its content live with its noun")
    }
  }

  private func folders(of file: Tree.SwiftFile) -> [Violation] {
    let names = file.path.dropLast(".swift".count).split(separator: "/").map(String.init)
    guard let name = names.first(where: { Self.moduleWords.contains($0) }) else { return [] }
    return [
      violation(
        file.path, 1, "a folder or file is called \(name)",
        cure: "put each thing beside the noun it belongs to")
    ]
  }

  private func types(in file: Tree.SwiftFile) -> [Violation] {
    file.source.types.compactMap { type in
      if type.name == file.place.module {
        return violation(
          file.path, type.line, "\(type.name) bears the name of its module",
          cure: "rename it: the module could no longer be named in code")
      }
      guard let ending = Self.typeEndings.first(where: { isEmpty(type.name, $0) }) else {
        return nil
      }
      return violation(
        file.path, type.line, "\(type.name) ends in \(ending), which says nothing",
        cure: ending == "Protocol" ? "use the plain noun of the role" : "say what it is or does")
    }
  }

  /// The word stands alone or follows a small letter: `UserData`, not `METADATA`.
  private func isEmpty(_ name: String, _ ending: String) -> Bool {
    guard name.hasSuffix(ending) else { return false }
    return name.dropLast(ending.count).last.map { $0.isLowercase || $0.isNumber } ?? true
  }
}
