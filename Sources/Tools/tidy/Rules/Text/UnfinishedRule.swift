/// What is unfinished has an issue, or is not merged.
struct UnfinishedRule: Rule {
  let name = "unfinished"
  let promise = "a TODO names its issue as TODO(#12), and there is no FIXME"

  func violations(in tree: Tree) -> [Violation] {
    let code = tree.swift.flatMap { file in
      file.source.comments.compactMap { check(file.path, $0.line, $0.text[...]) }
    }
    let texts = tree.texts.flatMap { file in
      file.lines.enumerated().compactMap { check(file.path, $0 + 1, withoutQuotes($1)) }
    }
    return code + texts
  }

  private func check(_ path: String, _ line: Int, _ text: Substring) -> Violation? {
    // Most lines have neither letter; searching strings is slow.
    let bytes = text.utf8
    guard bytes.contains(UInt8(ascii: "D")) || bytes.contains(UInt8(ascii: "X")),
      text.contains("TODO") || text.contains("FIXME") || text.contains("XXX")
    else { return nil }
    for word in ["FIXME", "XXX"] where isWord(word, in: text) {
      return violation(
        path, line, "\(word) is left over", cure: "mend it, or file an issue and write TODO(#12)")
    }
    guard isWord("TODO", in: text), !text.contains("TODO(#"), !text.contains("TODO #") else {
      return nil
    }
    return violation(
      path, line, "a TODO without an issue", cure: "do it, or file an issue and write TODO(#12)")
  }

  private func isWord(_ word: String, in text: Substring) -> Bool {
    text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains { $0 == word }
  }

  /// Pages may speak of the word when they quote it.
  private func withoutQuotes(_ line: Substring) -> Substring {
    guard line.contains("`") else { return line }
    let parts = line.split(separator: "`", omittingEmptySubsequences: false)
    return Substring(stride(from: 0, to: parts.count, by: 2).map { parts[$0] }.joined())
  }
}
