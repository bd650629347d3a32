/// One step of a schema, as a reviewed file of SQL: `0001-initial.sql`.
public struct Migration: Hashable, Sendable {
  /// Steps are applied in the order of their numbers, 1 first, none left out.
  public var number: Int
  public var name: String
  /// The whole file: what was applied must not be changed afterwards.
  public var text: String

  public init(number: Int, name: String, text: String) {
    self.number = number
    self.name = name
    self.text = text
  }

  /// - Parameter file: the name of the file: a number of four digits, a hyphen and words; nil when
  ///   it is not.
  public init?(file: String, text: String) {
    let parts = file.split(separator: "-", maxSplits: 1)
    guard parts.count == 2, parts[0].utf8.count == 4, let number = Int(parts[0]), number > 0,
      parts[1].hasSuffix(".sql")
    else { return nil }
    self.init(number: number, name: String(parts[1].dropLast(4)), text: text)
  }

  /// What is sent one by one. A statement ends with a semicolon at the end of a line that an empty
  /// line follows, so that a function may have semicolons of its own.
  var statements: [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .split { $0.allSatisfy(\.isWhitespace) }
      .reduce(into: [""]) { statements, lines in
        let block = lines.filter { !$0.hasPrefix("--") }.joined(separator: "\n")
        guard !block.isEmpty else { return }
        statements[statements.count - 1] += block + "\n"
        if block.hasSuffix(";") { statements.append("") }
      }
      .filter { !$0.isEmpty }
  }
}
