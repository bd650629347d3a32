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
    case "zsh":
      Terminal.line("autoload -U +X bashcompinit && bashcompinit\n" + bash(Program.verbs))
    case "fish": Terminal.line(fish(Program.verbs))
    default:
      throw Failure.usage(
        "completion knows \(shells.joined(separator: ", ")), not '\(shell)'")
    }
    return .ok
  }

  private static func bash(_ verbs: [Verb]) -> String {
    let firsts = unique(verbs.compactMap(\.words.first)) + ["help", "version"]
    var cases: [String] = []
    for first in unique(verbs.compactMap(\.words.first)) {
      let seconds = verbs.filter { $0.words.first == first && $0.words.count > 1 }.map {
        $0.words[1]
      }
      if !seconds.isEmpty {
        cases.append("    \(first)) words=\"\(seconds.joined(separator: " "))\" ;;")
      }
    }
    var options: [String] = []
    for verb in verbs {
      let names = (verb.options + Verb.common).map { "--\($0.name)" }.joined(separator: " ")
      options.append("    \"\(verb.name)\") words=\"\(names)\" ;;")
    }
    return """
      _millrace() {
        local current="${COMP_WORDS[COMP_CWORD]}" words=""
        if [[ "$current" == -* ]]; then
          local verb="${COMP_WORDS[1]}"
          [[ "${COMP_WORDS[2]}" != -* && $COMP_CWORD -gt 2 ]] && verb="$verb ${COMP_WORDS[2]}"
          case "$verb" in
      \(options.joined(separator: "\n"))
          esac
        elif [[ $COMP_CWORD -eq 1 ]]; then
          words="\(firsts.joined(separator: " "))"
        elif [[ $COMP_CWORD -eq 2 ]]; then
          case "${COMP_WORDS[1]}" in
      \(cases.joined(separator: "\n"))
          esac
        fi
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        [[ ${#COMPREPLY[@]} -eq 0 && "$current" != -* ]] && COMPREPLY=($(compgen -f -- "$current"))
      }
      complete -F _millrace millrace
      """
  }

  private static func fish(_ verbs: [Verb]) -> String {
    var lines: [String] = []
    for verb in verbs {
      guard let first = verb.words.first else { continue }
      let condition =
        verb.words.count == 1
        ? "__fish_use_subcommand" : "__fish_seen_subcommand_from \(first)"
      lines.append(
        "complete -c millrace -n '\(condition)' -a \(verb.words.last ?? first) -d '\(verb.summary)'"
      )
      for option in verb.options {
        lines.append(
          "complete -c millrace -n '__fish_seen_subcommand_from \(verb.words.last ?? first)'"
            + " -l \(option.name) -d '\(option.summary)'" + (option.value == nil ? "" : " -r"))
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func unique(_ words: [String]) -> [String] {
    words.enumerated().filter { words.firstIndex(of: $1) == $0 }.map(\.element)
  }
}
