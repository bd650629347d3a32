internal import Foundation

extension Tree {
  enum ReadError: Error, CustomStringConvertible {
    case noRoot(String)
    case unreadable(String)
    case manifest(String)

    var description: String {
      switch self {
      case .noRoot(let path):
        "\(path) holds no Package.swift; start tidy in the root of the project or pass --root"
      case .unreadable(let path): "\(path) cannot be read; check its permissions"
      case .manifest(let path):
        "\(path) is not the output of `swift package dump-package`; delete it and run make tidy"
      }
    }
  }

  private static let roots = [
    "Sources", "Simulation", "Tests", "proto", "docs", "scripts", "examples", "bench", "infra",
    "scenarios", ".ci", "Makefile", "README.md", "CHANGELOG.md", "Package.swift",
  ]
  private static let endings = [
    ".swift", ".md", ".sh", ".proto", ".yaml", ".yml", ".c", ".h", ".txt", ".py", ".modulemap",
    "/run", "Makefile",
  ]
  private static let foldersSkipped = [".build", ".venv", ".git", "node_modules"]

  init(root: String, manifest: String?) throws {
    guard FileManager.default.fileExists(atPath: root + "/Package.swift") else {
      throw ReadError.noRoot(root)
    }
    var paths: [String] = []
    for entry in Self.roots { Self.collect(entry, root, &paths) }
    let files = try paths.map { path in
      guard let bytes = FileManager.default.contents(atPath: root + "/" + path) else {
        throw ReadError.unreadable(path)
      }
      return (path: path, bytes: [UInt8](bytes))
    }
    self.init(files: files, manifest: try manifest.map { try Self.readManifest($0) })
  }

  private static func collect(_ path: String, _ root: String, _ paths: inout [String]) {
    var isFolder: ObjCBool = false
    let full = root + "/" + path
    guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else { return }
    guard isFolder.boolValue else {
      if endings.contains(where: path.hasSuffix) { paths.append(path) }
      return
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: full)) ?? []
    for name in names where !foldersSkipped.contains(name) {
      collect(path + "/" + name, root, &paths)
    }
  }

  private static func readManifest(_ path: String) throws -> Manifest {
    guard let bytes = FileManager.default.contents(atPath: path),
      let manifest = Manifest(json: [UInt8](bytes))
    else { throw ReadError.manifest(path) }
    return manifest
  }
}
