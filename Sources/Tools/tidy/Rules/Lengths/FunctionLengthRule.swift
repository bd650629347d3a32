/// Functions fit on a screen.
struct FunctionLengthRule: FileRule {
  let name = "function-length"
  let promise = "the body of a function has at most 60 lines, braces included"

  var linesMax = 60

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    guard !file.place.isGenerated else { return [] }
    let tokens = file.source.tokens
    return file.source.functions.compactMap { function in
      guard let body = function.body else { return nil }
      let count = tokens[body.upperBound].line - tokens[body.lowerBound].line + 1
      guard count > linesMax else { return nil }
      return violation(
        file.path, function.line, "\(function.name) has \(count) lines, \(linesMax) are allowed",
        cure: "name its parts and make each a function")
    }
  }
}
