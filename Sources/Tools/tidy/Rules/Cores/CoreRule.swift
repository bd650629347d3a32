/// A core is a value that decides: no waiting, no identity, no inexact numbers.
struct CoreRule: FileRule {
  let name = "core"
  let promise = "a core has no async, class, actor or Double, and apply does not throw"

  private static let inexact: Set<String> = ["Double", "Float", "Float32", "Float64", "Float16"]

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    guard file.place.kind == .core else { return [] }
    return objects(in: file) + words(in: file) + throwing(in: file)
  }

  private func objects(in file: Tree.SwiftFile) -> [Violation] {
    file.source.types.filter { $0.keyword == "class" || $0.keyword == "actor" }.map { type in
      violation(
        file.path, type.line, "\(type.name) is a \(type.keyword) in a core",
        cure: "make it a struct, or move it into the service's shell")
    }
  }

  private func words(in file: Tree.SwiftFile) -> [Violation] {
    file.source.tokens.compactMap { token in
      guard token.kind == .word else { return nil }
      if token.text == "async" || token.text == "await" {
        return violation(
          file.path, token.line, "a core cannot wait",
          cure: "return an effect and let the shell wait for it")
      }
      guard Self.inexact.contains(token.text) else { return nil }
      return violation(
        file.path, token.line, "\(token.text) in a core is inexact",
        cure: "use Int64, a ratio of integers, or Duration")
    }
  }

  private func throwing(in file: Tree.SwiftFile) -> [Violation] {
    file.source.functions.compactMap { function in
      guard function.keyword == "func", function.name == "apply",
        function.signature.contains(where: { file.source.text($0) == "throws" })
      else { return nil }
      return violation(
        file.path, function.line, "apply throws",
        cure: "answer a refused event with nothing or a refusing effect")
    }
  }
}
