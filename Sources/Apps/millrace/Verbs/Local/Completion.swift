/// Completion scripts: they know the verbs and options that this binary has.
enum Completion {
  static let shells = ["bash", "zsh", "fish"]

  static let verb = Verb(
    "completion", "Print a completion script", operands: "bash|zsh|fish", count: 1...1,
    examples: ["source <(millrace completion bash)"]
  ) { call in
    let shell = call.operand(0)
    switch shell {
    case "bash": Terminal.line(bash(Program.verbs))
    case "zsh": Terminal.line(zsh + bash(Program.verbs))
    case "fish": Terminal.line(fish(Program.verbs))
    default:
      throw Failure.usage(
        "completion knows \(shells.joined(separator: ", ")), not '\(shell)'")
    }
    return .ok
  }

  /// zsh reads the script of bash once its own completion is there.
  private static let zsh = """
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u; }
    autoload -U +X bashcompinit && bashcompinit

    """

  private static func bash(_ verbs: [Verb]) -> String {
    let firsts = unique(verbs.compactMap(\.words.first)) + Program.ownWords
    var seconds: [String] = []
    for first in unique(verbs.compactMap(\.words.first)) {
      let below = verbs.filter { $0.words.first == first }.compactMap { $0.words.dropFirst().first }
      if !below.isEmpty {
        seconds.append("    \(first)) words=\"\(unique(below).joined(separator: " "))\" ;;")
      }
    }
    let thirds = unique(
      verbs.filter { $0.words.count > 2 }.map { $0.words[..<2] }.map {
        $0.joined(separator: " ")
      }
    ).map { noun in
      let below = verbs.filter { $0.name.hasPrefix(noun + " ") }.compactMap(\.words.last)
      return "    \"\(noun) \"*) words=\"\(below.joined(separator: " "))\" ;;"
    }
    let options = verbs.map { verb in
      let names = (verb.options + Verb.common).map { "--\($0.name)" }.joined(separator: " ")
      return "    \"\(verb.name)\"|\"\(verb.name) \"*) words=\"\(names)\" ;;"
    }
    let forms = OutputForm.allCases.map(\.rawValue).joined(separator: " ")
    return """
      _millrace() {
        local current="${COMP_WORDS[COMP_CWORD]}" before="" words=""
        local verb="${COMP_WORDS[1]} ${COMP_WORDS[2]} ${COMP_WORDS[3]}"
        if [[ $COMP_CWORD -gt 1 ]]; then before="${COMP_WORDS[COMP_CWORD-1]}"; fi
        if [[ "$before" == -o || "$before" == --output ]]; then
          words="\(forms)"
        elif [[ "$current" == -* ]]; then
          case "$verb" in
      \(options.joined(separator: "\n"))
          esac
        elif [[ $COMP_CWORD -eq 1 ]]; then
          words="\(firsts.joined(separator: " "))"
        elif [[ $COMP_CWORD -eq 2 ]]; then
          case "${COMP_WORDS[1]}" in
          help) words="\(firsts.joined(separator: " "))" ;;
          completion) words="\(shells.joined(separator: " "))" ;;
      \(seconds.joined(separator: "\n"))
          esac
        elif [[ $COMP_CWORD -eq 3 ]]; then
          case "$verb" in
      \(thirds.joined(separator: "\n"))
          esac
        fi
        COMPREPLY=($(compgen -W "$words" -- "$current"))
      }
      complete -o default -F _millrace millrace
      """
  }

  private static func fish(_ verbs: [Verb]) -> String {
    var lines = ["complete -c millrace -f"]
    for word in Program.ownWords {
      lines.append("complete -c millrace -n __fish_use_subcommand -a \(word)")
    }
    for first in unique(verbs.compactMap(\.words.first)) {
      let group = verbs.filter { $0.words.first == first }
      let seconds = unique(group.compactMap { $0.words.dropFirst().first })
      let summary =
        seconds.isEmpty ? group.first?.summary ?? "" : seconds.joined(separator: ", ")
      lines.append(
        "complete -c millrace -n __fish_use_subcommand -a \(first) -d \(quoted(summary))")
      for (place, verb) in group.enumerated() {
        let second = verb.words.dropFirst().first
        let isFirst = !group[..<place].contains { $0.words.dropFirst().first == second }
        if let second, isFirst {
          let isOpen =
            "__fish_seen_subcommand_from \(first); "
            + "and not __fish_seen_subcommand_from \(seconds.joined(separator: " "))"
          lines.append(
            "complete -c millrace -n '\(isOpen)' -a \(second) -d \(quoted(verb.summary))")
        }
        if let second, verb.words.count > 2, let third = verb.words.last {
          let isOpen =
            "__fish_seen_subcommand_from \(first); and __fish_seen_subcommand_from \(second)"
          lines.append(
            "complete -c millrace -n '\(isOpen)' -a \(third) -d \(quoted(verb.summary))")
        }
        lines += fishOptions(verb, first, second)
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func fishOptions(_ verb: Verb, _ first: String, _ second: String?) -> [String] {
    let seen =
      "'__fish_seen_subcommand_from \(first)"
      + (second.map { "; and __fish_seen_subcommand_from \($0)" } ?? "") + "'"
    var lines = (verb.options + Verb.common).map { option in
      "complete -c millrace -n \(seen) -l \(option.name)"
        + (option.short.map { " -s \($0)" } ?? "") + " -d \(quoted(option.summary))"
        + (option.value == nil
          ? "" : option.value == "FILE" || option.value == "DIR" ? " -rF" : " -x")
    }
    if verb.operands.contains("FILE") { lines.append("complete -c millrace -n \(seen) -F") }
    if verb.name == "completion" {
      lines.append("complete -c millrace -n \(seen) -a '\(shells.joined(separator: " "))'")
    }
    return lines
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: "\\'") + "'"
  }

  private static func unique(_ words: [String]) -> [String] {
    words.enumerated().filter { words.firstIndex(of: $1) == $0 }.map(\.element)
  }
}
