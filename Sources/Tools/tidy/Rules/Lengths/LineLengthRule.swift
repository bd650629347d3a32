/// Lines fit beside each other.
struct LineLengthRule: FileRule {
  let name = "line-length"
  let promise = "a line of Swift has at most 100 characters"

  var charactersMax = 100

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    guard !file.place.isGenerated else { return [] }
    return file.source.lineLengths.enumerated().compactMap { index, length in
      guard length > charactersMax else { return nil }
      return violation(
        file.path, index + 1, "\(length) characters, \(charactersMax) are allowed",
        cure: "run make format-fix; break comments and literals by hand")
    }
  }
}
