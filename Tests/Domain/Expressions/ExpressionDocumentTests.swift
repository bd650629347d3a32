import Domain
import Foundation
import Testing

/// `docs/expressions.md` is the reference of the language; it and the code say the same.
@Suite struct ExpressionDocumentTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../..").standardizedFileURL

  private static func text(at path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The entries of the function list, each on one line.
  private static func entries() throws -> [String] {
    let document = try text(at: "docs/expressions.md")
    let section = document.components(separatedBy: "## Functions\n")[1]
      .components(separatedBy: "\n## ")[0]
    return section.components(separatedBy: "\n- ").dropFirst().map {
      $0.components(separatedBy: "\n#")[0].split(whereSeparator: \.isNewline)
        .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }
  }

  @Test func `the functions of the document are those of the code`() throws {
    let documented = try ExpressionDocumentTests.entries().map { entry in
      entry.components(separatedBy: "`")[1]
    }
    #expect(documented.sorted() == ExpressionFunction.allCases.map(\.signature).sorted())
  }

  @Test func `every function has an example, and every example is true`() throws {
    for entry in try ExpressionDocumentTests.entries() {
      let examples = entry.matches(of: /`([^`]+)` is `([^`]+)`/)
      #expect(!examples.isEmpty, "\(entry)")
      for example in examples {
        #expect(ExpressionScene.answer(String(example.1)) == example.2, "\(example.1)")
      }
    }
  }

  @Test func `the codes of the document are those of the code`() throws {
    let document = try ExpressionDocumentTests.text(at: "docs/expressions.md")
    let section = document.components(separatedBy: "## Codes\n")[1]
    let documented = Set(section.matches(of: /\n\| `([a-z-]+)`/).map { String($0.1) })

    var used: Set<String> = ["overflow"]
    for folder in ["Expressions", "Patterns", "Definition"] {
      let path = "Sources/Domain/\(folder)"
      let names = try FileManager.default.contentsOfDirectory(
        atPath: ExpressionDocumentTests.root.appending(path: path).path)
      for name in names where folder != "Definition" || name.contains("Template") {
        let source = try ExpressionDocumentTests.text(at: "\(path)/\(name)")
        used.formUnion(source.matches(of: /"([a-z]+(-[a-z]+)+)"/).map { String($0.1) })
      }
    }
    #expect(documented == used)
  }
}
