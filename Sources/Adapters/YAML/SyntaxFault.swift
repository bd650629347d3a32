internal import Domain

/// What libyaml says about text that is no YAML, said again so that its author can mend it.
struct SyntaxFault {
  var problem: String
  var context: String?
  var problemPlace: SourcePosition
  var contextPlace: SourcePosition

  var finding: Finding {
    let advice = SyntaxFault.advice.first { problem.contains($0.problem) }
    var message = problem
    if let context { message = "\(context), \(problem)" }
    return Finding(
      code: "yaml-syntax", message: message,
      hint: advice?.hint ?? "compare the line with its neighbours: indentation, quotes and colons",
      position: (advice?.blamesContext ?? false) ? contextPlace : problemPlace)
  }

  private struct Advice {
    var problem: String
    var hint: String
    /// The mistake is where the thing began, not where it was noticed.
    var blamesContext = false
  }

  private static let advice = [
    Advice(
      problem: "found character that cannot start any token",
      hint: "indent with spaces instead of tabs; put text that starts with @, ` or % in quotes"),
    Advice(
      problem: "found a tab character", hint: "indent with spaces; YAML allows no tabs there"),
    Advice(
      problem: "mapping values are not allowed",
      hint: "put text that contains ': ' in quotes, or mend the indentation"),
    Advice(
      problem: "did not find expected key",
      hint: "all keys of one map start in the same column; compare with the line above"),
    Advice(
      problem: "did not find expected '-' indicator",
      hint: "all items of one list start with '-' in the same column"),
    Advice(
      problem: "could not find expected ':'",
      hint: "write 'key: value', with a space after the colon"),
    Advice(
      problem: "did not find expected ',' or ']'",
      hint: "close the list with ], and separate its items with commas"),
    Advice(
      problem: "did not find expected ',' or '}'",
      hint:
        "close the map with }, separate its entries with commas, and quote texts that hold { or }"
    ),
    Advice(
      problem: "found unexpected end of stream", hint: "close the quote that starts here",
      blamesContext: true),
    Advice(
      problem: "found unexpected document indicator", hint: "close the quote that starts here",
      blamesContext: true),
    Advice(
      problem: "found unknown escape character",
      hint: "write a backslash as \\\\, or use single quotes, where it means itself"),
    Advice(
      problem: "block sequence entries are not allowed",
      hint: "start the list on its own line below the key"),
    Advice(
      problem: "found undefined tag handle", hint: "remove the tag; plain values need none"),
    Advice(
      problem: "did not find expected <document start>",
      hint: "the text after the first value belongs to nothing; mend its indentation"),
    Advice(
      problem: "found incompatible YAML document", hint: "remove %YAML or write %YAML 1.2"),
    Advice(
      problem: "invalid Unicode character escape",
      hint: "write the character itself, or \\U and eight hexadecimal digits"),
  ]
}
