import Domain
import Foundation
import Testing

@testable import millrace

/// `millrace validate` as its user calls it, on every definition of the repository.
@Suite struct ValidateTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../..").standardizedFileURL

  private static func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: root.appending(path: "Tests/Definitions/\(folder)").path
    ).filter { $0.hasSuffix(".yaml") }.sorted().map { "Tests/Definitions/\(folder)/\($0)" }
  }

  private static func text(_ file: String) throws -> String {
    String(decoding: try Foundation.Data(contentsOf: root.appending(path: file)), as: UTF8.self)
  }

  /// Written for an engine that carries out all that the model holds.
  private static func isAhead(_ file: String) throws -> Bool {
    try text(file).contains("# engine: model\n")
  }

  private func validate(_ arguments: [String]) async throws -> Command.Ending {
    try await Command(
      arguments: ["validate"] + arguments, directory: ValidateTests.root.path
    ).run()
  }

  /// Goal: code, line, column and hint of every finding reach the user, as the files expect them.
  @Test func `every broken file gets its findings as documents and exit code 7`() async throws {
    let files = try ValidateTests.files("broken")
    #expect(files.count >= 60)
    let ending = try await validate(files + ["-o", "json"])
    #expect(ending.code == 7)
    #expect(ending.err == "")
    let all = try Value(json: ending.out).items
    for file in files where try !ValidateTests.isAhead(file) {
      let found = all.filter { $0["file"]?.string == file }
      let expected = try expectations(file)
      #expect(found.map(place) == expected.map(\.place), "\(file)")
      for (finding, expectation) in zip(found, expected) {
        let hint = finding["hint"]?.string ?? ""
        #expect(expectation.hint.isEmpty || hint.contains(expectation.hint), "\(file): \(hint)")
        #expect(finding["message"]?.string?.isEmpty == false)
      }
    }
  }

  @Test func `every broken file gets lines with file, line, column, code and hint`() async throws {
    let files = try ValidateTests.files("broken")
    let ending = try await validate(files)
    #expect(ending.code == 7)
    for file in files where try !ValidateTests.isAhead(file) {
      let lines = ending.out.split(separator: "\n").filter { $0.hasPrefix("\(file):") }
      let expected = try expectations(file)
      #expect(lines.count >= expected.count, "\(file)")
      for expectation in expected {
        let words = expectation.place.split(separator: " ")
        #expect(
          lines.contains {
            $0.hasPrefix("\(file):\(words[1]): ") && $0.contains(" \(words[0]): ")
              && (expectation.hint.isEmpty || $0.contains(expectation.hint))
          }, "\(file): \(expectation.place)")
      }
    }
  }

  @Test(arguments: try ValidateTests.files("broken"))
  func `each broken file alone has exit code 7`(_ file: String) async throws {
    let ending = try await validate([file])
    #expect(ending.code == 7, "\(ending.err)")
    #expect(ending.out.hasPrefix("\(file):"))
  }

  @Test func `every good file is valid, and says so on standard error alone`() async throws {
    let files = try ValidateTests.files("good").filter { try !ValidateTests.isAhead($0) }
    let ending = try await validate(files)
    #expect(ending.code == 0, "\(ending.out)")
    #expect(ending.out == "")
    for file in files { #expect(ending.err.contains("\(file): ")) }
  }

  /// Goal: the client reads a file as the server does; JSON has other escapes and is stricter.
  @Test func `a file that is named so is read by the rules of JSON`() async throws {
    let folder = try Folder()
    let escaped = #"{"version": 1, "id": "j", "tasks": {"a": {"run": ["echo", "\ud83d\ude00"]}}}"#
    let good = try folder.write("good.json", escaped)
    let twice = try folder.write("twice.json", escaped.replacing("\"id\"", with: "\"version\""))
    let yaml = try folder.write("good.yaml", escaped)
    #expect(try await validate([good]).code == 0)
    #expect(try await validate([twice]).out.hasPrefix("\(twice):1:16: error duplicate-key"))
    #expect(try await validate([yaml]).code == 7)
    let formatted = try await Command(arguments: ["fmt", good]).run()
    #expect(formatted.code == 6)
    #expect(folder.read("good.json") == escaped)
    let dev = try await DevProcess.start()
    #expect(try await dev.run("workflow", "apply", good, "-o", "name").out == "default/j\n")
    #expect(try await dev.run("workflow", "get", "j", "--source").out == escaped)
    #expect(await dev.stop() == 0)
  }

  @Test func `the examples and the definitions of the documentation are valid`() async throws {
    let folder = try Folder()
    var files = ["ci/ci", "data/subdivisions", "release/release"].map { "examples/\($0).yaml" }
    for document in ["README.md", "docs/definition.md", "docs/examples.md", "docs/expressions.md"] {
      let blocks = try ValidateTests.text(document).components(separatedBy: "```yaml\n").dropFirst()
      for (number, block) in blocks.enumerated() {
        let yaml = block.components(separatedBy: "```")[0]
        let name = "\(number)-\(document.replacing("/", with: "-")).yaml"
        if yaml.hasPrefix("version: 1\n") {
          files.append(try folder.write(name, yaml))
        } else if yaml.hasPrefix("inputs:\n") {
          let head = "version: 1\nid: part\n"
          let tasks = yaml.contains("\ntasks:\n") ? "" : "tasks: {a: {run: [a]}}\n"
          files.append(try folder.write(name, head + tasks + yaml))
        }
      }
    }
    #expect(files.count >= 5)
    let ending = try await validate(files)
    #expect(ending.code == 0, "\(ending.out)")
  }

  // MARK: Expectations

  /// `# expect: CODE LINE:COLUMN PART OF THE HINT`, once for each finding.
  private func expectations(_ file: String) throws -> [(place: String, hint: String)] {
    try ValidateTests.text(file).split(separator: "\n").filter { $0.hasPrefix("# expect: ") }.map {
      let words = $0.dropFirst("# expect: ".count).split(separator: " ", maxSplits: 2)
      return (words.prefix(2).joined(separator: " "), words.count > 2 ? String(words[2]) : "")
    }
  }

  private func place(_ finding: Value) -> String {
    "\(finding["code"]?.string ?? "") \(finding["line"]?.number ?? 0)"
      + ":\(finding["column"]?.number ?? 0)"
  }
}
