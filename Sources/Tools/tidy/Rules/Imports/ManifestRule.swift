/// The manifest and the table of floors say the same, and imports are declared.
///
/// The compiler lets an undeclared import of a sibling pass in an incremental build.
struct ManifestRule: Rule {
  let name = "manifest"
  let promise = "Package.swift declares only what the table allows, and every import is declared"

  func violations(in tree: Tree) -> [Violation] {
    guard let manifest = tree.manifest else { return [] }
    let libraries = tree.libraries
    let declared = manifest.targets.filter { !$0.path.hasPrefix("Sources/CLibraries/") }
      .flatMap { target in violations(of: target, libraries) }
    return declared + tree.swift.flatMap { undeclared(in: $0, manifest) }
  }

  private func violations(of target: Manifest.Target, _ libraries: Set<String>) -> [Violation] {
    let place = Place(target.path + "/any.swift")
    guard let module = place.module, let floor = place.floor else {
      return [
        manifestViolation(
          "target \(target.name) at \(target.path) is in no row of the table",
          cure: "add a row to Sources/Tools/tidy/Floors.swift, or move the target")
      ]
    }
    guard module == target.name else {
      return [
        manifestViolation(
          "the target at \(target.path) is called \(target.name)", cure: "call it \(module)")
      ]
    }
    return target.dependencies.compactMap { dependency in
      let mayLink = place.isTestTarget || floor.kind == .adapter
      guard
        !place.importsAllowed.contains(where: { ImportDirectionRule.matches(dependency, $0) }),
        !(mayLink && libraries.contains(dependency))
      else { return nil }
      return manifestViolation(
        "\(target.name) declares \(dependency), which its floor may not see",
        cure: "remove the dependency, or change the table and say why in docs/architecture.md")
    }
  }

  private func undeclared(in file: Tree.SwiftFile, _ manifest: Manifest) -> [Violation] {
    guard let module = file.place.module, let target = manifest.target(named: module) else {
      return []
    }
    return file.source.imports.compactMap { item in
      guard item.module != module, manifest.target(named: item.module) != nil,
        !target.dependencies.contains(item.module)
      else { return nil }
      return violation(
        file.path, item.line, "\(module) imports \(item.module) without declaring it",
        cure: "add \(item.module) to the target's dependencies in Package.swift")
    }
  }

  private func manifestViolation(_ what: String, cure: String) -> Violation {
    violation("Package.swift", 1, what, cure: cure)
  }
}
