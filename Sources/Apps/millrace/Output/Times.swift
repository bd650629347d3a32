internal import Domain

/// Times for people.
enum Times {
  /// `3m ago`, or `-`.
  static func ago(_ value: Value?, now: Moment) -> String {
    guard let moment = value?.moment else { return "-" }
    return length(now - moment) + " ago"
  }

  /// From one instant to another, or to now while the other is missing.
  static func took(_ start: Value?, _ end: Value?, now: Moment) -> String {
    guard let start = start?.moment else { return "-" }
    return length((end?.moment ?? now) - start)
  }

  /// `850ms`, `12.3s`, `2m11s`, `3h05m`, `4d02h`.
  static func length(_ length: Duration) -> String {
    let milliseconds = max(length.wholeMilliseconds, 0)
    let seconds = milliseconds / 1_000
    switch seconds {
    case 0: return "\(milliseconds)ms"
    case ..<60: return "\(seconds).\(milliseconds % 1_000 / 100)s"
    case ..<3_600: return "\(seconds / 60)m\(two(seconds % 60))s"
    case ..<86_400: return "\(seconds / 3_600)h\(two(seconds / 60 % 60))m"
    default: return "\(seconds / 86_400)d\(two(seconds / 3_600 % 24))h"
    }
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Value {
  /// A member of an object; nil for other values.
  subscript(name: String) -> Value? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var number: Int64? {
    if case .integer(let number) = self { number } else { nil }
  }

  var items: [Value] {
    if case .array(let items) = self { items } else { [] }
  }

  var moment: Moment? { string.flatMap { Moment(text: $0) } }
}
