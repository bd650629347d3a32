/// Comments say why, in words.
struct CommentRule: FileRule {
  let name = "comment"
  let promise = "no commented-out code, banners or author names"

  private static let statementStarts = [
    "let ", "var ", "func ", "public ", "private ", "internal ", "guard let ", "if let ",
    "#expect(", "@Test", "import ",
  ]

  func violations(in file: Tree.SwiftFile) -> [Violation] {
    file.source.comments.compactMap { comment in
      if isBanner(comment.text) {
        return violation(
          file.path, comment.line, "a banner is no comment",
          cure: "delete it; when a file needs parts, make them files")
      }
      if comment.text.hasPrefix("Created by ") || comment.text.hasPrefix("Author:") {
        return violation(
          file.path, comment.line, "an author's name", cure: "delete it; the history knows")
      }
      guard !comment.isDocumentation, isCode(comment.text) else { return nil }
      return violation(
        file.path, comment.line, "this looks like code that was commented out",
        cure: "delete it; the history keeps it")
    }
  }

  private func isBanner(_ text: String) -> Bool {
    text.utf8.count >= 4 && text.allSatisfy { "-=*#/~_+".contains($0) }
  }

  /// Only what no sentence looks like, so that a finding is always right.
  private func isCode(_ text: String) -> Bool {
    if ["}", "})", "{", "]", ")"].contains(text) { return true }
    if text.hasSuffix(" {") || text.hasSuffix(";") { return true }
    let isStatement = Self.statementStarts.contains(where: text.hasPrefix)
    if isStatement, text.contains(" = ") || text.contains("(") { return true }
    return isLoneCall(text)
  }

  /// `store.commit(batch)` alone on the line, without a sentence around it.
  private func isLoneCall(_ text: String) -> Bool {
    guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return false }
    let callee = text[..<open]
    return callee.contains(".") && !callee.contains(" ")
      && callee.allSatisfy { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" }
  }
}
