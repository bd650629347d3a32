/// Imports follow the table in `Floors.swift`.
struct ImportDirectionRule: FileRule {
  let name = "import-direction"
  let promise = "a file imports only what the table of floors allows its target"

  private static let standard: Set<String> = ["Swift"]
  private static let locks: Set<String> = ["Swift", "Synchronization"]
  private static let system: Set<String> = [
    "Swift", "Synchronization", "Foundation", "FoundationEssentials", "Glibc", "Dispatch",
  ]

  func violations(in tree: Tree) -> [Violation] {
    let libraries = tree.libraries
    return tree.swift.flatMap { violations(in: $0, libraries) }
  }

  func violations(in file: Tree.SwiftFile) -> [Violation] { violations(in: file, []) }

  private func violations(in file: Tree.SwiftFile, _ libraries: Set<String>) -> [Violation] {
    guard let floor = file.place.floor, let module = file.place.module else {
      let cure = "move it into a folder of the table in Sources/Tools/tidy/Floors.swift"
      return [violation(file.path, 1, "this file belongs to no floor", cure: cure)]
    }
    return file.source.imports.compactMap { item -> Violation? in
      guard item.module != module, !isAllowed(item.module, file.place, floor, libraries) else {
        return nil
      }
      return violation(
        file.path, item.line, "\(module) may not import \(item.module)",
        cure: cure(for: item.module, in: file.place, libraries))
    }
  }

  private func isAllowed(
    _ module: String, _ place: Place, _ floor: Floor, _ libraries: Set<String>
  ) -> Bool {
    if place.importsAllowed.contains(where: { Self.matches(module, $0) }) { return true }
    if place.isTestTarget {
      return module == "Testing" || Self.system.contains(module) || libraries.contains(module)
    }
    return switch floor.outside {
    case .nothing: Self.standard.contains(module)
    case .locks: Self.locks.contains(module)
    case .system:
      Self.system.contains(module) || (floor.kind == .adapter && libraries.contains(module))
    }
  }

  private func cure(for module: String, in place: Place, _ libraries: Set<String>) -> String {
    if Self.system.contains(module) || libraries.contains(module) {
      return "ask for it through a port and do it in an adapter"
    }
    let allowed = place.importsAllowed
    return allowed.isEmpty
      ? "pass what it needs in as a value"
      : "use only \(allowed.joined(separator: ", ")), or move the code to the floor it belongs to"
  }

  /// `?Core` matches every module that ends in `Core`.
  static func matches(_ module: String, _ pattern: String) -> Bool {
    guard pattern.hasPrefix("?") else { return module == pattern }
    let ending = String(pattern.dropFirst())
    return module.hasSuffix(ending) && module.count > ending.count
  }
}
