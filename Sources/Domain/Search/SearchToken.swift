/// One word or sign of a filter.
struct SearchToken: Hashable, Sendable, CustomStringConvertible {
  enum Kind: Hashable, Sendable {
    case word(String)
    case quoted(String)
    /// =, !=, <, <=, >, >=
    case relation(String)
    case open, close, comma, end
  }

  var kind: Kind
  /// From 1, in characters.
  var column: Int

  var description: String {
    switch kind {
    case .word(let text): "'\(text.prefix(40))'"
    case .quoted(let text): "\"\(text.prefix(40))\""
    case .relation(let text): "'\(text)'"
    case .open: "'('"
    case .close: "')'"
    case .comma: "','"
    case .end: "the end"
    }
  }

  /// Ends with `end`.
  static func all(of text: String) throws(SearchFault) -> [SearchToken] {
    let signs = Array(text)
    var tokens: [SearchToken] = []
    var place = 0
    while place < signs.count {
      let column = place + 1
      let sign = signs[place]
      place += 1
      switch sign {
      case " ", "\t", "\n", "\r", "\r\n": continue
      case "(": tokens.append(SearchToken(kind: .open, column: column))
      case ")": tokens.append(SearchToken(kind: .close, column: column))
      case ",": tokens.append(SearchToken(kind: .comma, column: column))
      case "\"":
        tokens.append(SearchToken(kind: .quoted(try quoted(signs, &place)), column: column))
      case "=", "<", ">", "!":
        var relation = String(sign)
        if sign != "=", place < signs.count, signs[place] == "=" {
          relation += "="
          place += 1
        }
        guard relation != "!" else {
          throw SearchFault(column: column, message: "'!' stands alone", hint: "write != or NOT")
        }
        tokens.append(SearchToken(kind: .relation(relation), column: column))
      default:
        guard isWordSign(sign) else {
          throw SearchFault(
            column: column, message: "'\(sign)' has no meaning here",
            hint: "write texts in double quotes")
        }
        var word = String(sign)
        while place < signs.count, isWordSign(signs[place]) {
          word.append(signs[place])
          place += 1
        }
        tokens.append(SearchToken(kind: .word(word), column: column))
      }
    }
    return tokens + [SearchToken(kind: .end, column: signs.count + 1)]
  }

  private static func isWordSign(_ sign: Character) -> Bool {
    sign.isLetter || sign.isNumber || "-_.:+/@".contains(sign)
  }

  /// A backslash takes the sign behind it as it is.
  private static func quoted(_ signs: [Character], _ place: inout Int) throws(SearchFault) -> String
  {
    let column = place
    var text = ""
    while place < signs.count {
      let sign = signs[place]
      place += 1
      if sign == "\"" { return text }
      if sign == "\\", place < signs.count {
        text.append(signs[place])
        place += 1
      } else {
        text.append(sign)
      }
    }
    throw SearchFault(
      column: column, message: "the text that begins here has no end", hint: "end it with \"")
  }
}
