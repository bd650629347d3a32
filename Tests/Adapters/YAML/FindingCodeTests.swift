import Domain
import Foundation
import Testing

/// The codes of findings are a contract: each is documented, and each has been seen.
@Suite struct FindingCodeTests {
  private static let root = DefinitionFile.folder.appending(path: "../..").standardizedFileURL

  /// Every literal of these sources that has the form of a code. None of them has another use for
  /// such words but the table of foreign keys.
  private static func codes(in folders: [String]) throws -> Set<String> {
    var codes: Set<String> = ["cycle"]
    for folder in folders {
      let files = FileManager.default.enumerator(
        at: root.appending(path: folder), includingPropertiesForKeys: nil)
      for case let file as URL in files ?? .init()
      where file.pathExtension == "swift" && file.lastPathComponent != "KeyTable.swift" {
        let text = try String(contentsOf: file, encoding: .utf8)
        for match in text.matches(of: /"([a-z0-9]+(?:-[a-z0-9]+)+)"/) {
          codes.insert(String(match.1))
        }
      }
    }
    return codes
  }

  private static let ours = [
    "Sources/Domain/Documents", "Sources/Domain/Definition", "Sources/Adapters/YAML",
  ]

  @Test func `every code in the source is in the documentation`() throws {
    let url = FindingCodeTests.root.appending(path: "docs/definition.md")
    let documentation = try String(contentsOf: url, encoding: .utf8)
    let codes = try FindingCodeTests.codes(in: FindingCodeTests.ours)
    #expect(codes.count > 50)
    #expect(codes.filter { !documentation.contains("`\($0)`") } == [])
    let seen = DefinitionFile.all(in: "broken").flatMap(\.expectations).map { $0.place }
    #expect(seen.filter { !documentation.contains("`\($0.split(separator: " ")[0])`") } == [])
  }

  @Test func `every code that a file can have is in a broken file`() throws {
    // Documents over 4 MiB, other limits, warnings, stored JSON and the inputs of runs have tests
    // of their own.
    let elsewhere: Set<String> = [
      "document-too-large", "graph-too-deep", "hopeless-setting", "shell-syntax", "json-syntax",
      "json-too-deep", "missing-input", "inputs-too-large", "expression-in-name", "unused-secret",
    ]
    let seen = Set(
      DefinitionFile.all(in: "broken").flatMap(\.expectations)
        .map { String($0.place.split(separator: " ")[0]) })
    let codes = try FindingCodeTests.codes(in: FindingCodeTests.ours)
    #expect(codes.subtracting(seen).subtracting(elsewhere) == [])
  }

  @Test func `an expression in a key is refused`() {
    let reading = read("id: x\ntasks: {a: {call: f, with: {b: {'${{ run.id }}': 1}}}}\n")
    #expect(reading.findings.map(\.place) == ["expression-in-name 2:32"])
  }
}
