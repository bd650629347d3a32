/// A call can be read without looking the function up.
struct ParameterRule: FileRule {
  let name = "parameters"
  let promise = "a function takes at most 5 parameters; initialisers and tests are exempt"

  var parametersMax = 5

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    guard !file.place.isGenerated else { return [] }
    return file.source.functions.compactMap { function in
      // Nobody calls a test: its parameters are the columns of a table.
      let isCalled = function.keyword != "init" && !function.name.hasPrefix("`")
      guard isCalled, function.parameterCount > parametersMax else { return nil }
      return violation(
        file.path, function.line,
        "\(function.name) takes \(function.parameterCount) parameters, at most \(parametersMax) is "
          + "readable",
        cure: "give what belongs together a type of its own")
    }
  }
}
