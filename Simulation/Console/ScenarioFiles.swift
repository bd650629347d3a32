internal import Domain
internal import Glibc
internal import SimulationScenarios
internal import YAMLAdapter

/// Scenarios in their files: one of them, or all below a folder.
enum ScenarioFiles {
  static let folder = "scenarios"

  /// - Parameter path: a file, a folder, or the name of a scenario below `scenarios/`.
  static func load(_ path: String) throws(Refusal) -> [Scenario] {
    if path.hasSuffix(".yaml") { return [try read(path)] }
    if isFolder(path) {
      var scenarios: [Scenario] = []
      for file in files(below: path) { scenarios.append(try read(file)) }
      guard !scenarios.isEmpty else {
        throw Refusal("there is no scenario below \(path)", fix: "their names end in .yaml")
      }
      return scenarios
    }
    let known = files(below: folder)
    if let file = known.first(where: { $0.hasSuffix("/\(path).yaml") }) { return [try read(file)] }
    let names = known.compactMap { $0.split(separator: "/").last?.dropLast(5) }.map(String.init)
    let near = NearestMatch.of(path, among: names)
    throw Refusal(
      "there is no scenario `\(path)`",
      fix: near.map { "did you mean `\($0)`?" } ?? "sim list scenarios", code: .file)
  }

  private static func read(_ path: String) throws(Refusal) -> Scenario {
    let bytes = try Files.read(path)
    do throws(Finding) {
      return try ScenarioReader.read(try LibYAMLScanner().scan(bytes))
    } catch {
      let place = "\(path):\(error.position.line):\(error.position.column)"
      throw Refusal("\(place): \(error.message)", fix: error.hint, code: .file)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    guard let folder = opendir(path) else { return false }
    closedir(folder)
    return true
  }

  /// Sorted, however deep.
  private static func files(below path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var found: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !name.hasPrefix(".") else { continue }
      let inner = "\(path)/\(name)"
      if name.hasSuffix(".yaml") { found.append(inner) } else { found += files(below: inner) }
    }
    return found.sorted()
  }
}
