// How environment variables are read.

extension DefinitionParse {
  private static let variableNameBytesMax = 255
  /// What the worker itself tells a task.
  private static let reservedPrefix = "MILLRACE_"

  /// The variables of `base` with those of the map added or put in their place.
  mutating func environment(
    _ cursor: SourceCursor, over base: SortedMap<String, Template>, in scope: ExpressionScope
  ) -> SortedMap<String, Template> {
    var variables = Array(base.map { ($0.key, $0.value) })
    var scope = scope
    scope.secrets = secrets
    for (key, value) in entries(cursor, of: "variables", max: limits.environmentMax) {
      judgeVariable(key, value)
      if let template = template(value, in: scope, bytesMax: limits.environmentValueBytesMax) {
        variables.append((key, template))
      }
    }
    return SortedMap(variables)
  }

  private mutating func judgeVariable(_ key: String, _ cursor: SourceCursor) {
    let isStart = key.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
    let isName = key.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    if !isStart || !isName || key.utf8.count > DefinitionParse.variableNameBytesMax {
      report(
        Fault(
          "invalid-name", "'\(key.prefix(80))' is no name for a variable",
          hint: "letters, digits and _, not starting with a digit"),
        at: cursor.ownerPosition, of: cursor)
    } else if key.hasPrefix(DefinitionParse.reservedPrefix) {
      report(
        Fault(
          "reserved-name", "'\(key)' belongs to the worker",
          hint: "choose a name that does not start with \(DefinitionParse.reservedPrefix)"),
        at: cursor.ownerPosition, of: cursor)
    }
  }
}
