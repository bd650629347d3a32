/// A broken rule, with the way out.
struct Violation: Hashable, Sendable, CustomStringConvertible {
  let path: String
  let line: Int
  let rule: String
  /// A clause without a full stop.
  let what: String
  /// An imperative clause without a full stop.
  let cure: String

  var description: String { "\(path):\(line): [\(rule)] \(what). Cure: \(cure)." }
}

extension Violation: Comparable {
  static func < (left: Violation, right: Violation) -> Bool {
    (left.path, left.line, left.rule, left.what) < (right.path, right.line, right.rule, right.what)
  }
}
