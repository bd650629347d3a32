import Domain
import Testing

@Suite struct BrokenDefinitionTests {
  private static let files = DefinitionFile.all(in: "broken")

  @Test func `there are broken files of every kind`() {
    #expect(BrokenDefinitionTests.files.count >= 60)
    let codes = Set(
      BrokenDefinitionTests.files.flatMap {
        $0.expectations.map { $0.place.split(separator: " ")[0] }
      })
    #expect(codes.count >= 40)
  }

  /// Goal: each broken file gets exactly the findings that it expects, in the order of the file.
  @Test(arguments: files)
  func `a broken file gets the expected code, line, column and hint`(_ file: DefinitionFile) {
    let reading = file.reading
    let expected = file.expectations
    #expect(reading.definition == nil)
    #expect(reading.findings.map(\.place) == expected.map(\.place), "\(reading.findings)")
    for (finding, expectation) in zip(reading.findings, expected) {
      #expect(finding.hint.contains(expectation.hint), "\(finding)")
      #expect(!finding.message.isEmpty)
      #expect(!finding.hint.isEmpty, "\(finding)")
    }
  }
}
