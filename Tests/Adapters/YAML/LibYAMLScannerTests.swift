import Domain
import Ports
import TestSupport
import Testing
import YAMLAdapter

@Suite struct LibYAMLScannerTests {
  @Test(arguments: DocumentScannerContract.cases)
  func `libyaml keeps the contract`(_ promise: ContractCase<any DocumentScanner>) async throws {
    try await promise.check(LibYAMLScanner())
  }

  @Test(arguments: [
    ("a: 1 # why", true), ("# why\na: 1", true), ("a: |  # why\n  x\n", true),
    ("a:\n  - x\n  # why\n  - y\n", true), ("a: 1\n\n# end", true), ("[a, # why\n b]", true),
    ("a: 1", false), ("a: 'x # y'\nb: \"#\"\nc: x#y\n", false),
    ("a: |\n  # a line of text\n", false),
    ("é: '€'\nb: |-\n  x #\n", false), ("", false), ("#", true),
  ])
  func `finds comments and nothing that only looks like one`(_ text: String, _ expected: Bool)
    throws
  {
    #expect(try LibYAMLScanner().hasComments(Array(text.utf8)) == expected)
  }

  @Test(arguments: [
    ("a: b: c\n", "': '"), ("a: 1\n b: 2\n", "': '"), ("a:\n\tb: 1\n", "spaces"),
    ("a: @x\n", "quotes"), ("a: \"\\q\"\n", "backslash"), ("a: {b: 1\n", "close the map"),
    ("a: 1\nb\n", "key: value"), ("- a\nb: 1\n", "'-'"), ("a: - b\n", "own line"),
    ("a: !x!y 1\n", "tag"), ("%YAML 3.0\n---\na: 1\n", "%YAML"), ("a: \"\\ud83d\"\n", "\\U"),
  ])
  func `says how to mend broken syntax`(_ text: String, _ hint: String) throws {
    let finding = #expect(throws: Finding.self) {
      try LibYAMLScanner().scan(Array(text.utf8))
    }
    #expect(finding?.code == "yaml-syntax")
    #expect(finding?.hint.contains(hint) == true, "\(String(describing: finding))")
  }
}
