import Testing

@testable import tidy

@Suite struct TextRuleTests {
  @Test(arguments: [
    (Fixture.domain, "struct RunManager {}"), (Fixture.domain, "enum Helpers {}"),
    (Fixture.domain, "struct RunInfo {}"), (Fixture.domain, "protocol StoreProtocol {}"),
    (Fixture.domain, "struct Domain {}"), ("Sources/Domain/Utils/A.swift", ""),
    ("Sources/Domain/Time/Helpers.swift", ""),
  ])
  func `an empty name is found`(path: String, text: String) {
    #expect(Fixture(path, text).violations(of: NamingRule()).count == 1)
  }

  @Test(arguments: ["struct Metadata {}", "struct DataFrame {}", "struct InformationSource {}"])
  func `a name that says something passes`(text: String) {
    #expect(Fixture(Fixture.domain, text).violations(of: NamingRule()).isEmpty)
  }

  @Test func `a module with an empty name is found`() {
    let target = Manifest.Target(
      name: "DomainUtils", type: "regular", path: "Sources/X", dependencies: [])
    let fixture = Fixture([], manifest: Manifest(targets: [target]))
    #expect(fixture.violations(of: NamingRule()).count == 1)
  }

  @Test(arguments: [
    "// let a = 1", "// }", "// if a {", "// store.commit(batch)", "// ------", "// a = b;",
    "/* func f() { */", "// Created by somebody", "/// ======", "// import Domain (old)",
  ])
  func `code and banners in comments are found`(text: String) {
    #expect(Fixture(Fixture.domain, text).violations(of: CommentRule()).count == 1)
  }

  @Test(arguments: [
    "// Silence is not failure: the message may have arrived.", "/// let a = 1",
    "// let the owner look again", "// See commit(_:) for what happens.", "// MARK: reading",
    "// (decision 0007)", "// import order does not matter here", "let a = \"// let b = 1\"",
    "// The answer of store.commit(batch) is final.",
  ])
  func `sentences pass`(text: String) {
    #expect(Fixture(Fixture.domain, text).violations(of: CommentRule()).isEmpty)
  }

  @Test(arguments: [
    (Fixture.domain, "// TODO: later"), (Fixture.domain, "// FIXME(#12): later"),
    (Fixture.domain, "/// XXX why?"), ("docs/architecture.md", "- TODO write this"),
    ("scripts/setup.sh", "# FIXME"),
  ])
  func `unfinished work without an issue is found`(path: String, text: String) {
    #expect(Fixture(path, text).violations(of: UnfinishedRule()).count == 1)
  }

  @Test(arguments: [
    (Fixture.domain, "// TODO(#12): later"), (Fixture.domain, "let a = \"TODO\""),
    (Fixture.domain, "// mastodon TODOS are none"), ("docs/style.md", "no `TODO` without an issue"),
  ])
  func `unfinished work with an issue passes`(path: String, text: String) {
    #expect(Fixture(path, text).violations(of: UnfinishedRule()).isEmpty)
  }

  @Test func `a placeholder beside real files is found`() {
    let placeholder = ("Sources/Domain/Placeholder.swift", "// Replaced.")
    #expect(Fixture([placeholder]).violations(of: PlaceholderRule()).isEmpty)
    let both = Fixture([placeholder, (Fixture.domain, "struct A {}")])
    #expect(both.violations(of: PlaceholderRule()).map(\.path) == [placeholder.0])
  }
}
