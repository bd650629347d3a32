import Testing

@testable import tidy

@Suite struct DeclarationTests {
  private func source(_ text: String) -> SwiftSource { SwiftSource(Array(text.utf8)) }

  @Test func `imports tell module, access and line`() {
    let found = source(
      """
      import Testing
      public import Domain
      @testable import struct Wire.Frame
      @preconcurrency internal import CSQLite
      """
    ).imports
    #expect(
      found == [
        ImportDeclaration(module: "Testing", line: 1, access: nil),
        ImportDeclaration(module: "Domain", line: 2, access: "public"),
        ImportDeclaration(module: "Wire", line: 3, access: nil),
        ImportDeclaration(module: "CSQLite", line: 4, access: "internal"),
      ])
  }

  @Test(arguments: [
    ("func f() {}", 0), ("func f(a: Int) {}", 1), ("func f(a: Int, b: [Int: Int],) {}", 2),
    ("func f<A, B>(a: Pair<A, B>, c: (Int, Int) -> Void) {}", 2),
    ("static func < (left: A, right: A) -> Bool { true }", 2),
    ("subscript(a: Int, default b: Int) -> Int { 0 }", 2),
    ("func f(a: Int = g(1, 2, 3), b: B<C<D, E>, F>) async throws(G) -> H where I == J", 2),
  ])
  func `parameters are counted at the top level only`(text: String, count: Int) {
    #expect(source(text).functions.map(\.parameterCount) == [count])
  }

  @Test func `bodies belong to their functions`() {
    let source = source(
      """
      protocol P {
        func promised() async throws
        var width: Int { get }
      }
      struct S {
        let closure = { 1 }
        var stored = [1].map { $0 }
        var computed: Int {
          1
        }
        init(_ a: Int) { self.init(a: a) }
        deinit {
        }
        func outer() -> (Int) -> Int {
          func inner() {}
          return { $0 }
        }
      }
      """)
    let bodies = source.functions.map { function in
      (
        function.name,
        function.body.map {
          source.tokens[$0.upperBound].line - source.tokens[$0.lowerBound].line + 1
        } ?? 0
      )
    }
    #expect(bodies.map(\.0) == ["promised", "width", "computed", "init", "{", "outer", "inner"])
    #expect(bodies.map(\.1) == [0, 1, 3, 1, 2, 4, 1])
  }

  @Test func `types tell whether they are public and how generic`() {
    let types = source(
      """
      public struct A<One, Two: Sequence<Int>, Three> {}
      class func make() {}
      private enum B { case actor }
      extension C {}
      typealias D = A
      """
    ).types
    #expect(types.map(\.name) == ["A", "B", "D"])
    #expect(types.map(\.isPublic) == [true, false, false])
    #expect(types.map(\.genericCount) == [3, 0, 0])
  }

  @Test func `lines are measured in characters`() {
    #expect(source("ab\n\nüé…\n").lineLengths == [2, 0, 3])
  }
}
