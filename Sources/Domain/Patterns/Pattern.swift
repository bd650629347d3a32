/// A pattern on strings that is matched in linear time: a subset of regular expressions without
/// back-references and look-around, at most 1 KiB. `docs/expressions.md` has the grammar.
///
/// Matching simulates all ways through the pattern at once (K. Thompson, CACM 11(6), 1968), so that
/// its cost is at most the length of the text times the size of the pattern, whatever the text.
public struct Pattern: Hashable, Sendable {
  public let source: String
  let program: PatternProgram

  public static let sourceBytesMax = 1_024
  /// Steps of the compiled pattern, counted repetition written out.
  public static let programStepsMax = 1_000
  /// How deep groups may nest.
  public static let depthMax = 50

  public init(_ source: String) throws(PatternFault) {
    guard source.utf8.count <= Pattern.sourceBytesMax else {
      throw PatternFault(
        code: "pattern-too-long", message: "the pattern is longer than 1 KiB",
        hint: "check a simpler property, or let the first task check the rest", offset: 0)
    }
    var parser = PatternParser(source)
    let tree = try parser.pattern()
    self.source = source
    program = PatternProgram(tree)
  }

  /// Whether the pattern describes the whole of `text`, from its first to its last scalar.
  public func matches(_ text: String) -> Bool {
    var matcher = PatternMatcher(program)
    return matcher.matches(text) == true
  }

  /// As `matches(_:)`, or nil when the answer would take more than `stepsMax` steps (about 10 ns
  /// each). Without a bound a text of 64 KiB may take 65 million.
  public func matches(_ text: String, stepsMax: Int) -> Bool? {
    var matcher = PatternMatcher(program)
    return matcher.matches(text, stepsMax: stepsMax)
  }

  /// The same source compiles to the same program.
  public static func == (left: Pattern, right: Pattern) -> Bool { left.source == right.source }
  public func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

/// Why a text is no pattern.
public struct PatternFault: Error, Hashable, Sendable {
  /// A stable word such as `pattern-syntax` or `pattern-unsupported`.
  public var code: String
  public var message: String
  public var hint: String
  /// In Unicode scalars from the start of the pattern.
  public var offset: Int

  public init(code: String, message: String, hint: String, offset: Int) {
    self.code = code
    self.message = message
    self.hint = hint
    self.offset = offset
  }
}
