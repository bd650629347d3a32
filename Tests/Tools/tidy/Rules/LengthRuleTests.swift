import Testing

@testable import tidy

@Suite struct LengthRuleTests {
  private let generated = "Sources/Ports/Contracts/Generated/Records.swift"

  private func lines(_ count: Int) -> String { String(repeating: "let a = 1\n", count: count) }

  @Test func `files have 400 lines, tests and cores 600`() {
    let rule = FileLengthRule()
    #expect(Fixture(Fixture.service, lines(400)).violations(of: rule).isEmpty)
    #expect(Fixture(Fixture.service, lines(401)).violations(of: rule).count == 1)
    for path in [Fixture.core, Fixture.test] {
      #expect(Fixture(path, lines(600)).violations(of: rule).isEmpty)
      #expect(Fixture(path, lines(601)).violations(of: rule).count == 1)
    }
    #expect(Fixture(generated, lines(5000)).violations(of: rule).isEmpty)
    #expect(Fixture("Sources/CLibraries/C/a.c", lines(402)).violations(of: rule).count == 1)
  }

  @Test func `functions have 60 lines`() {
    let rule = FunctionLengthRule()
    let fits = "func f() {\n" + lines(58) + "}\n"
    let over = "struct A {\n  var b: Int {\n" + lines(59) + "  }\n}\n"
    #expect(Fixture(Fixture.service, fits).violations(of: rule).isEmpty)
    #expect(Fixture(Fixture.service, over).violations(of: rule).map(\.line) == [2])
    #expect(Fixture(generated, over).violations(of: rule).isEmpty)
    #expect(Fixture(Fixture.service, "struct A {\n" + lines(90) + "}").violations(of: rule).isEmpty)
  }

  @Test func `lines have 100 characters`() {
    let rule = LineLengthRule()
    let line = String(repeating: "é", count: 100)
    #expect(Fixture(Fixture.test, "// ok\n\(line)\n").violations(of: rule).isEmpty)
    #expect(Fixture(Fixture.test, "// ok\n\(line)x\n").violations(of: rule).map(\.line) == [2])
    #expect(Fixture(generated, line + "x").violations(of: rule).isEmpty)
  }

  @Test func `functions take 5 parameters, initialisers and tests any number`() {
    let rule = ParameterRule()
    let six = "a: Int, b: Int, c: Int, d: Int, e: Int, f: Int"
    #expect(Fixture(Fixture.service, "func f(\(six))").violations(of: rule).count == 1)
    #expect(Fixture(Fixture.service, "func f(a: (\(six)))").violations(of: rule).isEmpty)
    #expect(Fixture(Fixture.service, "init(\(six)) {}").violations(of: rule).isEmpty)
    #expect(Fixture(Fixture.test, "@Test func `a b`(\(six)) {}").violations(of: rule).isEmpty)
  }

  @Test func `public types have 2 generic parameters`() {
    let rule = GenericsRule()
    #expect(Fixture(Fixture.domain, "public struct A<B, C, D> {}").violations(of: rule).count == 1)
    #expect(Fixture(Fixture.domain, "public struct A<B, C> {}").violations(of: rule).isEmpty)
    #expect(Fixture(Fixture.domain, "struct A<B, C, D> {}").violations(of: rule).isEmpty)
  }
}
