import Domain
import Foundation
import Testing
import YAMLAdapter

@Suite struct GoodDefinitionTests {
  private static let files = DefinitionFile.all(in: "good")

  private func beside(_ file: DefinitionFile, _ ending: String) throws -> String {
    let folder = DefinitionFile.folder.appending(path: "good")
    let name = file.name.replacing(".yaml", with: ending)
    return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  /// Goal: the meaning of each file is what stands beside it, reviewed by people.
  @Test(arguments: files)
  func `a good file has the normal form and the text that stand beside it`(
    _ file: DefinitionFile
  ) throws {
    let reading = file.reading
    #expect(reading.findings.isEmpty, "\(reading.findings)")
    let definition = try #require(reading.definition)
    #expect(try definition.normalForm == Value(json: beside(file, ".json")))
    #expect(try DefinitionText.yaml(of: definition) == beside(file, ".formatted"))
  }

  @Test(arguments: files)
  func `its normal form and its text read back as the same definition`(
    _ file: DefinitionFile
  ) throws {
    let definition = try #require(file.reading.definition)
    let again = DefinitionReader(engine: .model).read(normalForm: definition.normalForm)
    #expect(again.findings.isEmpty)
    #expect(again.definition == definition)
    let formatted = read(DefinitionText.yaml(of: definition))
    #expect(formatted.findings.isEmpty)
    #expect(formatted.definition == definition)
  }

  @Test func `there are good files`() {
    #expect(GoodDefinitionTests.files.count >= 10)
  }
}
